import { tensor1d, type Variable, variable } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import type * as z from 'zod';
import { checkSettings } from '../src/index.js';
import { buildOptimizer, GradientSettings, LearningRateSettings, OptimizerSettings } from '../src/settings/optimizer-settings.js';

/** Weights after steps of rate 1 along the same gradient. */
function after(steps: number, gradient: readonly number[], changed: { readonly optimizer?: object; readonly gradients?: z.input<typeof GradientSettings> }): number[] {
  const w: Variable = variable(tensor1d(gradient.map(() => 1)));
  const optimizer = buildOptimizer(
    checkSettings('optimizer', OptimizerSettings, { name: 'sgd', momentum: 0, weightDecay: 0, ...changed.optimizer }),
    checkSettings('rate', LearningRateSettings, { base: 1, scale: 'none', warmupEpochs: 0 }),
    { batchSize: 8, legs: [{ from: 0, until: 4, warmupSteps: 0 }], tree: { w }, gradients: changed.gradients },
  );
  for (let i = 0; i < steps; i++) optimizer.step({ w: tensor1d([...gradient]) }, 1);
  return [...w.dataSync()].map((value) => Number(value.toFixed(5)));
}

test('gradients are clipped by value, then by length', () => {
  expect(after(1, [3, 4], {})).toEqual([-2, -3]);
  expect(after(1, [3, 4], { gradients: { clipNorm: 1 } })).toEqual([0.4, 0.2]); // (3, 4) is 5 long
  expect(after(1, [3, -4], { gradients: { clipValue: 0.5 } })).toEqual([0.5, 1.5]);
  expect(after(1, [3, 4], { gradients: { clipValue: 3, clipNorm: Math.hypot(3, 3) / 3 } })).toEqual([0, 0]); // (3, 3) / 3
});

test('weight decay goes along half a cosine from its start to its end', () => {
  const decay = { weightDecay: { start: 0.4, end: 0 } };
  // (1 − 0.4) · (1 − 0.4·(1 + cos 45°)/2) · (1 − 0.2) · (1 − 0.4·(1 + cos 135°)/2)
  const shares = [0, 1, 2, 3].map((step) => 1 - 0.2 * (1 + Math.cos((Math.PI * step) / 4)));
  expect(after(4, [0], { optimizer: decay })[0]).toBeCloseTo(shares.reduce((a, b) => a * b), 4);
  expect(after(1, [0], { optimizer: { weightDecay: 0.4 } })).toEqual([0.6]);
});

test('lengths below nothing are refused by path', () => {
  expect(() => checkSettings('run', GradientSettings, { clipNorm: 0, clipVal: 1 })).toThrowErrorMatchingInlineSnapshot(`
    [SettingsError: run: has 2 problems
      clipNorm  expected number to be >0, received 0
      clipVal   is not a setting. Did you mean clipValue?]
  `);
});
