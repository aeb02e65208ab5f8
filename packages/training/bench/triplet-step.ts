/** What a miner costs: a whole training step with triplets against one with NT-Xent, same network, same views. */
import { projectionHead, smallResNet } from '@kindred/backbones';
import { flattenParameters, type PositiveStrategy, random } from '@kindred/core';
import { allTriplets, batchHard, easyPositive, type Miner, semiHard } from '@kindred/losses';
import { hardNegatives, type Method, otherView, simclr, triplet, withLabels } from '@kindred/methods';
import { sgd } from '@kindred/optimizers';
import { supportSet } from '@kindred/support-set';
import * as tf from '@tensorflow/tfjs-core';
import { trainStep } from '../src/index.js';

/** As in `examples/experiments`, at the small scale. */
const batch = 64;
const rounds = 15;
const views = otherView({ directions: 'both' });
const farRows = (): PositiveStrategy<'embeddings'> =>
  hardNegatives(views, supportSet({ capacity: 8192, dimension: 64, initial: 'random', random: random(5) }), { k: 16 });
const rows: Readonly<Record<string, readonly [Miner, () => PositiveStrategy<'embeddings'>]>> = {
  all: [allTriplets(), () => views],
  hardest: [batchHard(), () => views],
  'semi-hard': [semiHard(), () => views],
  'semi-hard, 16 of 8192 hard negatives': [semiHard(), farRows],
  'all, classes': [allTriplets(), () => withLabels(views)],
  'hardest, classes': [batchHard(), () => withLabels(views)],
  'semi-hard, classes': [semiHard(), () => withLabels(views)],
  'easy-positive, classes': [easyPositive({ negative: 'semi-hard' }), () => withLabels(views)],
};

/** Runs on the backend that is current. Takes half a minute on two cores. */
export async function run(): Promise<{ name: string; value: number; unit: string }[]> {
  const networks = () => {
    const stream = random(1);
    const encoder = smallResNet({ stem: { channels: 16, kernel: 3, stride: 2 }, widths: [64, 256], blocks: [1, 1], strides: [2, 2], channels: 3, random: stream });
    return { encoder, projector: projectionHead({ input: 256, layers: [256, 64], batchNorm: 'all', random: stream.fork('projector') }), forward: 'joint' } as const;
  };
  const ofMiner = ([miner, strategy]: (typeof rows)[string]): Method =>
    triplet({ ...networks(), strategy: strategy(), margin: 0.2, distance: 'cosine', miner });
  const methods = { 'NT-Xent': simclr({ ...networks(), temperature: 0.2 }), ...Object.fromEntries(Object.entries(rows).map(([name, row]) => [name, ofMiner(row)])) };
  const images = [1, 2].map((seed) => tf.randomUniform([batch, 32, 32, 3], 0, 1, 'float32', seed) as tf.Tensor4D);
  const sampleIds = Int32Array.from({ length: batch }, (_, i) => i);
  const labels = sampleIds.map((id) => id % 10);

  const steps = Object.entries(methods).map(([name, method]) => {
    const optimizer = sgd({ parameters: flattenParameters(method.parameters()), momentum: 0.9, weightDecay: 5e-4, exclude: () => false });
    const step = (): number => {
      const start = performance.now();
      trainStep({ method, optimizer, views: images, sampleIds, labels, learningRate: 0.01 });
      return performance.now() - start;
    };
    step();
    return { name, step, times: [] as number[] };
  });
  for (let round = 0; round < rounds; round++) for (const { step, times } of steps) times.push(step());
  const base = steps[0]!.times;
  return steps.flatMap(({ name, times }, row) => [
    { name: `step of ${batch} images, ${name}`, value: median(times), unit: 'ms' },
    ...(row === 0 ? [] : [{ name: `${name}, against NT-Xent`, value: median(times.map((time, i) => time / base[i]!)), unit: 'times' }]),
  ]);
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;
