import { getKernel, type Tensor } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { expectClose, leaksNothing, numbers, run } from './support/kernels.js';

// the op is compiled at set-up, where there is a compiler
const compiled = getKernel('KindredMovingStatistics', 'tensorflow') !== undefined;
const inputs = { mean: numbers([19]), variance: numbers([19], 2), batchMean: numbers([19], 3), batchVariance: numbers([19], 4) };
const attributes = { momentum: 0.1, correction: 1.25 };

test.runIf(compiled)('each moving value is left to its share, and the batch has the rest, its variance corrected', () => {
  const [mean, variance] = run('KindredMovingStatistics', inputs, attributes) as [Tensor, Tensor];
  const joined = (moving: Tensor, batch: Tensor, share: number): number[] => {
    const values = batch.dataSync();
    return Array.from(moving.dataSync(), (value, i) => value * 0.9 + values[i]! * share);
  };
  expectClose(mean.dataSync(), joined(inputs.mean, inputs.batchMean, 0.1), 1e-6);
  expectClose(variance.dataSync(), joined(inputs.variance, inputs.batchVariance, 0.125), 1e-6);
});

test.runIf(compiled)('leaves no tensors and no native handles behind', () => {
  leaksNothing(() => void run('KindredMovingStatistics', inputs, attributes));
});

test.runIf(compiled)('statistics of other lengths are refused', () => {
  expect(() => run('KindredMovingStatistics', { ...inputs, batchMean: numbers([18]) }, attributes)).toThrow(/must be \[C\]/);
});
