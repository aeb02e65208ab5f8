/** How many views a second a training step takes in: forward, backward, SGD. */
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import { flattenParameters, random } from '@kindred/core';
import * as tf from '@tensorflow/tfjs-core';
import { countMultiplyAdds, disposeNetwork, resnet, type ResidualEncoder, smallResNet } from '../src/index.js';

interface Case {
  readonly name: string;
  /** What step_torch.py calls it. */
  readonly torch: string;
  readonly views: number;
  readonly encoder: () => ResidualEncoder;
}

const small = { stem: { channels: 16, kernel: 3 }, widths: [16, 32, 64], blocks: [3, 3, 3], channels: 3 } as const;

const cases: readonly Case[] = [
  {
    name: 'ResNet-18, CIFAR stem, 64 views 32x32',
    torch: 'resnet18',
    views: 64,
    encoder: () => resnet({ depth: 18, stem: 'cifar', channels: 3, random: random(1) }),
  },
  {
    name: 'ResNet 16/32/64 x3, 256 views 32x32',
    torch: 'small',
    views: 256,
    encoder: () => smallResNet({ ...small, random: random(1) }),
  },
];

/** Seconds of one step, the loss read at its end. */
function stepper(encoder: ResidualEncoder, views: number): { step: () => number; end: () => void } {
  const x = tf.randomUniform<tf.Rank.R4>([views, 32, 32, 3], 0, 1, 'float32', 1);
  const variables = Object.values(flattenParameters(encoder.parameters()));
  const optimizer = tf.train.sgd(0.01);
  return {
    step() {
      const start = performance.now();
      const { value, grads } = tf.variableGrads(() => tf.mean(tf.square(encoder.apply(x, 'train'))) as tf.Scalar, variables);
      optimizer.applyGradients(grads);
      value.dataSync();
      // a GPU may still be at the weights
      variables.at(-1)!.dataSync();
      tf.dispose([value, grads]);
      return (performance.now() - start) / 1000;
    },
    end() {
      tf.dispose(x);
      optimizer.dispose();
      disposeNetwork(encoder);
    },
  };
}

/** Seconds of one product of two square matrices. */
function product(size: number): number {
  return tf.tidy(() => {
    const a = tf.fill<tf.Rank.R2>([size, size], 1 / size);
    const start = performance.now();
    tf.slice(tf.matMul(a, a), [0, 0], [1, 1]).dataSync();
    return (performance.now() - start) / 1000;
  });
}

/** PyTorch in the Python that KINDRED_PYTHON names; one step at a time, so that both never run at once. */
async function torch(): Promise<{ version: string; step: (name: string, views: number) => Promise<number>; end: () => void } | undefined> {
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
  return {
    version: await line(),
    async step(name, views) {
      child.stdin.write(`${name} ${views}\n`);
      return Number(await line());
    },
    end: () => void child.stdin.end(),
  };
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

/**
 * Medians of `repetitions` steps after two to warm up. The share of the peak counts 6 floating-point operations for each
 * multiply-add of the forward pass. PyTorch's steps alternate with ours; the ratio is the median over pairs. It holds on a
 * quiet machine only: PyTorch's threads wait for the slowest of them, so that other work on the cores slows it more than us.
 */
export async function run(repetitions = 7): Promise<{ name: string; value: number; unit: string }[]> {
  const python = await torch();
  const results: { name: string; value: number; unit: string }[] = [];
  for (const { name, torch: key, views, encoder: make } of cases) {
    const encoder = make();
    const operations = 6 * countMultiplyAdds(encoder, [32, 32]) * views;
    const { step, end } = stepper(encoder, views);
    const ours: number[] = [];
    const theirs: number[] = [];
    const peak: number[] = [];
    for (let repetition = -2; repetition < repetitions; repetition++) {
      const pair = [step(), python ? await python.step(key, views) : NaN] as const;
      const best = (2 * 2048 ** 3) / product(2048);
      if (repetition < 0) continue;
      ours.push(pair[0]);
      theirs.push(pair[1]);
      peak.push(best);
    }
    end();
    results.push({ name, value: views / median(ours), unit: 'views/s' });
    results.push({ name: `${name}: of the matrix product's speed`, value: (100 * operations) / median(ours) / median(peak), unit: '%' });
    if (python) {
      results.push({ name: `${name}: PyTorch ${python.version}`, value: views / median(theirs), unit: 'views/s' });
      results.push({ name: `${name}: Kindred to PyTorch`, value: median(theirs.map((time, i) => time / ours[i]!)), unit: 'x' });
    }
  }
  python?.end();
  return results;
}
