import { onesLike, tensor1d, tensor2d, type Variable, variable } from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import type * as z from 'zod';
import { checkSettings, PretrainSettings } from '../src/index.js';
import { buildOptimizer, GradientSettings, LearningRateSettings, OptimizerSettings } from '../src/settings/optimizer-settings.js';
import { settingsOn } from './support.js';

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

describe('a rate of its own', () => {
  const names = ['encoder.conv1.weight', 'encoder.bn1.bias', 'encoder.layer1.0.conv1.weight', 'encoder.layer10.0.conv1.weight', 'projector.0.weight', 'projector.1.bias', 'predictor.0.weight', 'strategy.prototypes'];

  /** What a step of rate 2 along gradients of 1 takes from each parameter; those of biases have one axis. */
  function taken(learningRate: object, of = names): Record<string, number> {
    const tree = Object.fromEntries(of.map((name): [string, Variable] => [name, variable(name.endsWith('bias') ? tensor1d([0]) : tensor2d([[0]]))]));
    const optimizer = buildOptimizer(
      checkSettings('optimizer', OptimizerSettings, { name: 'sgd', momentum: 0, weightDecay: 0 }),
      checkSettings('rate', LearningRateSettings, { base: 10, scale: 'none', warmupEpochs: 0, ...learningRate }),
      { batchSize: 8, legs: [{ from: 0, until: 4, warmupSteps: 0 }], tree },
    );
    optimizer.step(Object.fromEntries(Object.entries(tree).map(([name, weight]) => [name, onesLike(weight)])), 2);
    return Object.fromEntries(Object.entries(tree).map(([name, weight]) => [name, Number((-weight.dataSync()[0]!).toPrecision(6))]));
  }

  test('is the rate times a factor, of a stage before the encoder that it is in', () => {
    expect(taken({ parts: { encoder: 0.1, stem: 0.5, stage1: 0.25, projector: 3, prototypes: 4 } })).toEqual({
      'encoder.conv1.weight': 1, 'encoder.bn1.bias': 1, 'encoder.layer1.0.conv1.weight': 0.5, 'encoder.layer10.0.conv1.weight': 0.2,
      'projector.0.weight': 6, 'projector.1.bias': 6, 'predictor.0.weight': 2, 'strategy.prototypes': 8,
    });
  });

  test('goes with the factor of biases and norms, and with a predictor at the peak', () => {
    const rates = taken({ parts: { encoder: 0.1, predictor: 0.5 }, biasAndNorm: 0.5, fixedPredictor: true });
    expect(rates).toMatchObject({ 'encoder.conv1.weight': 0.2, 'encoder.bn1.bias': 0.1, 'projector.0.weight': 2, 'projector.1.bias': 1, 'predictor.0.weight': 5 });
  });

  test('may be of every part, so that nothing is left', () => {
    expect(taken({ parts: { encoder: 0.1, projector: 1 } }, names.slice(0, 6))['projector.0.weight']).toBe(2);
  });

  test('is of parts that the networks have and train', () => {
    const settings = (changed: object): unknown => checkSettings('run', PretrainSettings, { ...settingsOn('.'), ...changed });
    const learningRate = { base: 1, scale: 'none', warmupEpochs: 0 };
    expect(() => settings({ frozen: ['stem'], learningRate: { ...learningRate, parts: { backbone: 0.1, stem: 2, projector: 1, predictor: 1, prototypes: 2 } } })).toThrowErrorMatchingInlineSnapshot(`
      [SettingsError: run: has 3 problems
        learningRate.parts.backbone    is no part of these networks. There are stem, stage1, stage2, encoder, projector, predictor.
        learningRate.parts.stem        expected a part that is trained; it is frozen.
        learningRate.parts.prototypes  is no part of these networks. There are stem, stage1, stage2, encoder, projector, predictor.]
    `);
    expect(() => settings({ frozen: ['encoder'], learningRate: { ...learningRate, parts: { encoder: 0.1 } } })).toThrow('learningRate.parts.encoder  expected a part that is trained; it is frozen.');
    expect(() => settings({ learningRate: { ...learningRate, parts: { encoder: 0 } } })).toThrow('learningRate.parts.encoder  expected number to be >0, received 0');
  });
});
