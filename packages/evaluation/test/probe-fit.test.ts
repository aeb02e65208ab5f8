import { expect, test } from 'vitest';
import { fitProbe } from '../src/probe-fit.js';
import { leavingNoTensors } from './support/backends.js';
import { clusters } from './support/rows.js';

const given = clusters(1, 200);
const problem = { features: given, labels: given.labels, classes: 3 };
const options = { standardize: false, maximumIterations: 500, tolerance: 1e-5 };

test('a second strength starts where the first ended', async () => {
  const [, second] = await leavingNoTensors(() => fitProbe(problem, [1, 0.9], 'choosing', options));
  const [alone] = await fitProbe(problem, [0.9], 'choosing', options);
  expect(second!.iterations).toBeLessThan(0.75 * alone!.iterations);
  expect(second!.value).toBeCloseTo(alone!.value, 6);
});
