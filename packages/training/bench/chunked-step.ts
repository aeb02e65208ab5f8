/** What a step costs whole, in chunks and accumulated: bytes held at the peak, memory of the process, time. */
import { readFileSync } from 'node:fs';
import { predictionHead, projectionHead, smallResNet } from '@kindred/backbones';
import { flattenParameters, random } from '@kindred/core';
import { type Method, simclr, simsiam } from '@kindred/methods';
import { sgd } from '@kindred/optimizers';
import { memory, profile, randomUniform, type Tensor4D } from '@tensorflow/tfjs-core';
import { trainStep } from '../src/index.js';

const BATCH = 256;
const ROUNDS = 5;

/** ResNet-20 without its last layer, and two heads. */
function make(name: string): Method {
  const stream = random(1);
  const encoder = smallResNet({ stem: { channels: 16, kernel: 3, stride: 1 }, widths: [16, 32, 64], blocks: [3, 3, 3], channels: 3, random: stream });
  const projector = projectionHead({ input: 64, layers: [128, 64], batchNorm: 'hidden', random: stream.fork('p') });
  if (name === 'simclr') return simclr({ encoder, projector, temperature: 0.5 });
  return simsiam({ encoder, projector, predictor: predictionHead({ input: 64, hidden: 32, output: 64, random: stream.fork('q') }) });
}

/** The most memory that the process ever had, in MiB: Linux tells. */
const processPeak = (): number => Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]) / 1024;

/** Runs on the backend that is current. Takes some minutes on two cores. */
export async function run(): Promise<{ name: string; value: number; unit: string }[]> {
  const views = [1, 2].map((seed) => randomUniform([BATCH, 32, 32, 3], 0, 1, 'float32', seed) as Tensor4D);
  const sampleIds = Int32Array.from({ length: BATCH }, (_, i) => i);

  // smallest first: the process's peak only grows
  const ways = [
    { of: 'simsiam', chunkSize: 32, accumulate: true },
    { of: 'simsiam', chunkSize: 32 },
    { of: 'simsiam' },
    { of: 'simclr', chunkSize: 16 },
    { of: 'simclr', chunkSize: 32 },
    { of: 'simclr', chunkSize: 64 },
    { of: 'simclr' },
  ];

  const runs = ways.map(({ of, ...chunks }) => {
    const method = make(of);
    const optimizer = sgd({ parameters: flattenParameters(method.parameters()), momentum: 0.9, weightDecay: 1e-4, exclude: () => false });
    return { name: `${of} ${JSON.stringify(chunks)}`, step: () => trainStep({ method, optimizer, views, sampleIds, learningRate: 0.01, ...chunks }) };
  });
  const peaks: [number, number][] = [];
  for (const { step } of runs) {
    const start = memory().numBytes;
    const { peakBytes } = await profile(() => void step());
    peaks.push([(peakBytes - start) / 2 ** 20, processPeak()]);
  }
  const times: number[][] = runs.map(() => []);
  // in turn: what else the machine does meets all of them
  for (let round = 0; round < ROUNDS; round++) {
    runs.forEach(({ step }, i) => {
      const start = performance.now();
      step();
      times[i]!.push(performance.now() - start);
    });
  }
  const ratios = times.map((own) => own.map((time, round) => time / times.at(-1)![round]!).sort((a, b) => a - b));
  return runs.flatMap(({ name }, i) => {
    const sorted = [...times[i]!].sort((a, b) => a - b);
    const [bytes, whole] = peaks[i]!;
    return [
      { name: `${name}: bytes held at the peak`, value: bytes, unit: 'MiB' },
      { name: `${name}: the process, so far`, value: whole, unit: 'MiB' },
      { name: `${name}: a step`, value: sorted[ROUNDS >> 1]!, unit: 'ms' },
      { name: `${name}: of the last row's step`, value: ratios[i]![ROUNDS >> 1]!, unit: 'times' },
    ];
  });
}
