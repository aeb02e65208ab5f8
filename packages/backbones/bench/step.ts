/** How many views a second a training step takes in: forward, backward, SGD. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import { usePrecision } from '@kindred/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import { countMultiplyAdds, type ResidualEncoder } from '../src/index.js';
import { residual16, resnet18, stepper } from './support/training-step.js';

interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

interface Case {
  readonly name: string;
  /** What step_torch.py calls it. */
  readonly torch: string;
  readonly views: number;
  readonly encoder: () => ResidualEncoder;
}

const cases: readonly Case[] = [
  { name: 'ResNet-18, CIFAR stem, 64 views 32x32', torch: 'resnet18', views: 64, encoder: resnet18 },
  { name: 'ResNet 16/32/64 x3, 256 views 32x32', torch: 'small', views: 256, encoder: residual16 },
];

/** Seconds of one product of two square matrices. */
function product(size: number): number {
  return tf.tidy(() => {
    const a = tf.fill<tf.Rank.R2>([size, size], 1 / size);
    const start = performance.now();
    tf.slice(tf.matMul(a, a), [0, 0], [1, 1]).dataSync();
    return (performance.now() - start) / 1000;
  });
}

type Precision = 'float32' | 'bfloat16';

interface Torch {
  readonly version: string;
  step(name: string, views: number, precision: Precision): Promise<number>;
  /** MiB of the process at its peak. */
  memory(): Promise<number>;
  end(): void;
}

/** PyTorch in the Python that KINDRED_PYTHON names; one step at a time, so that both never run at once. */
async function torch(): Promise<Torch | undefined> {
  const python = process.env['KINDRED_PYTHON'];
  if (!python) return undefined;
  const script = new URL('step_torch.py', import.meta.url).pathname;
  const child = spawn(python, [script, String(availableParallelism())], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${python} ended early: does it have torch?`);
    return value;
  };
  const ask = async (question: string): Promise<number> => {
    child.stdin.write(`${question}\n`);
    return Number(await line());
  };
  return {
    version: await line(),
    step: (name, views, precision) => ask(`${name} ${views} ${precision}`),
    memory: () => ask('memory'),
    end: () => void child.stdin.end(),
  };
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

/**
 * Seconds of a step of PyTorch's autocast: the median of `repetitions` after two to warm up. No step begins after half a minute, for a
 * processor without bfloat16 may take many times as long as for float32; where only the first two were done, the last one counts.
 */
async function autocast(python: Torch, { torch: key, views }: Case, repetitions: number): Promise<number> {
  const times: number[] = [];
  const start = performance.now();
  while (times.length < repetitions + 2 && performance.now() - start < 30_000) times.push(await python.step(key, views, 'bfloat16'));
  return median(times.length > 2 ? times.slice(2) : times.slice(-1));
}

/** Seconds of a step of ours in mixed precision: the median after two to warm up. */
function inBFloat16(step: () => number, repetitions: number): number {
  usePrecision('bfloat16');
  try {
    return median(Array.from({ length: repetitions + 2 }, step).slice(2));
  } finally {
    usePrecision('float32');
  }
}

/** What the processor says it has for bfloat16; undefined where it says nothing of itself. */
function bfloat16Flags(): string | undefined {
  if (!existsSync('/proc/cpuinfo')) return undefined;
  const flags = /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1]?.trim().split(' ') ?? [];
  return ['amx_bf16', 'avx512_bf16'].filter((flag) => flags.includes(flag)).join(' and ') || 'neither amx_bf16 nor avx512_bf16';
}

/** MiB of a process of its own that does ResNet-18 steps of `views`, at its peak. */
function memory(views: number): number {
  const script = new URL('support/step-memory.ts', import.meta.url).pathname;
  const output = execFileSync(process.execPath, [...process.execArgv, script, String(views)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  return Number(output.trim().split('\n').at(-1));
}

/** The peak of memory of ResNet-18 steps of 256 views, each side in a fresh process, libraries included. Linux only. */
async function memoryFigures(): Promise<Figure[]> {
  if (!existsSync('/proc/self/status')) return [];
  const name = 'ResNet-18, CIFAR stem, 256 views 32x32: peak memory';
  const results: Figure[] = [{ name, value: memory(256), unit: 'MiB' }];
  const python = await torch();
  if (python) {
    for (let i = 0; i < 3; i++) await python.step('resnet18', 256, 'float32');
    results.push({ name: `${name}, PyTorch float32`, value: await python.memory(), unit: 'MiB' });
    python.end();
  }
  return results;
}

/**
 * Medians of `repetitions` steps after two to warm up. The share of the peak counts 6 floating-point operations for each
 * multiply-add of the forward pass. PyTorch's steps alternate with ours; the ratio is the median over pairs. It holds on a
 * quiet machine only: PyTorch's threads wait for the slowest of them, so that other work on the cores slows it more than us. PyTorch's
 * autocast to bfloat16 follows on its own, and the memory of both last.
 */
export async function run(repetitions = 7): Promise<Figure[]> {
  const python = await torch();
  const flags = bfloat16Flags() ?? 'bfloat16';
  const results: Figure[] = [];
  for (const each of cases) {
    const { name, torch: key, views, encoder: make } = each;
    const encoder = make();
    const operations = 6 * countMultiplyAdds(encoder, [32, 32]) * views;
    const { step, end } = stepper(encoder, views);
    const ours: number[] = [];
    const theirs: number[] = [];
    const peak: number[] = [];
    for (let repetition = -2; repetition < repetitions; repetition++) {
      const pair = [step(), python ? await python.step(key, views, 'float32') : NaN] as const;
      const best = (2 * 2048 ** 3) / product(2048);
      if (repetition < 0) continue;
      ours.push(pair[0]);
      theirs.push(pair[1]);
      peak.push(best);
    }
    const mixed = inBFloat16(step, repetitions);
    end();
    results.push({ name, value: views / median(ours), unit: 'views/s' });
    results.push({ name: `${name}: of the matrix product's speed`, value: (100 * operations) / median(ours) / median(peak), unit: '%' });
    results.push({ name: `${name}: bfloat16, ${flags}`, value: views / mixed, unit: 'views/s' });
    if (python) {
      results.push({ name: `${name}: PyTorch ${python.version}, float32`, value: views / median(theirs), unit: 'views/s' });
      results.push({ name: `${name}: Kindred to PyTorch, float32`, value: median(theirs.map((time, i) => time / ours[i]!)), unit: 'x' });
      const half = await autocast(python, each, repetitions);
      results.push({ name: `${name}: PyTorch autocast, ${flags}`, value: views / half, unit: 'views/s' });
      results.push({ name: `${name}: Kindred bfloat16 to PyTorch autocast`, value: half / mixed, unit: 'x' });
    }
  }
  python?.end();
  return [...results, ...(await memoryFigures())];
}
