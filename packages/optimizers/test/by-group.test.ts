import { restoreState } from '@kindred/core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { byGroup, type NamedParameters, type Optimizer, sgd } from '../src/index.js';

const fresh = (): Record<string, tf.Variable> => ({
  'encoder.weight': tf.variable(tf.tensor2d([[1, -2]])),
  'encoder.bias': tf.variable(tf.tensor1d([3])),
  'predictor.weight': tf.variable(tf.tensor2d([[4, 5]])),
});
const gradientsOf = (parameters: NamedParameters, step: number): Record<string, tf.Tensor> =>
  Object.fromEntries(Object.entries(parameters).map(([name, { shape, size }], i) => [name, tf.tensor(Array.from({ length: size }, (_, k) => Math.sin(step + i + 2 * k)), shape)]));
const momentum = (parameters: NamedParameters): Optimizer => sgd({ parameters, momentum: 0.9, weightDecay: 0.1 });
const predictor = (name: string): boolean => name.startsWith('predictor.');
const without = <T>(record: Readonly<Record<string, T>>, name: string): Record<string, T> => Object.fromEntries(Object.entries(record).filter(([key]) => key !== name));
const values = (parameters: NamedParameters): number[][] => Object.values(parameters).map((variable) => [...variable.dataSync()]);
const message = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return (error as Error).message;
  }
  return 'accepted';
};

describe('byGroup', () => {
  test('each group moves as if it were alone, at its own rate', () => {
    const [together, apart] = [fresh(), fresh()];
    const grouped = byGroup(together, [
      { name: 'predictor', takes: predictor, optimizer: momentum, rate: () => 0.3 },
      { name: 'biases', takes: (_, { shape }) => shape.length === 1, optimizer: momentum, rate: (rate) => rate / 10 },
      { name: 'rest', takes: () => true, optimizer: momentum },
    ]);
    const alone = Object.entries(apart).map(([name, variable]) => ({ name, optimizer: momentum({ [name]: variable }) }));
    const rates: Record<string, (rate: number) => number> = { 'encoder.weight': (rate) => rate, 'encoder.bias': (rate) => rate / 10, 'predictor.weight': () => 0.3 };
    for (let step = 0; step < 4; step++) {
      const rate = 0.2 / (1 + step);
      const gradients = gradientsOf(together, step);
      grouped.step(gradients, rate);
      alone.forEach(({ name, optimizer }) => optimizer.step({ [name]: gradients[name]! }, rates[name]!(rate)));
    }
    expect(values(together)).toEqual(values(apart));
  });

  test('its state goes on bit for bit in a fresh one; a state of others changes nothing', () => {
    const groups = [
      { name: 'predictor', takes: predictor, optimizer: momentum },
      { name: 'rest', takes: (): boolean => true, optimizer: momentum },
    ];
    const [a, b] = [fresh(), fresh()];
    const [first, second] = [byGroup(a, groups), byGroup(b, groups)];
    first.step(gradientsOf(a, 0), 0.1);
    Object.keys(a).forEach((name) => b[name]!.assign(a[name]!));
    restoreState(second, first.state());
    expect(second.state()).toEqual(first.state());
    const broken = without(first.state(), 'rest.step');
    second.step(gradientsOf(b, 1), 0.1);
    const before = second.state();
    expect(message(() => restoreState(second, broken))).not.toBe('accepted');
    expect(second.state()).toEqual(before);
    first.step(gradientsOf(a, 1), 0.1);
    expect(values(a)).toEqual(values(b));
  });

  test('a step that cannot be done changes nothing, and no tensor is left', () => {
    const parameters = fresh();
    const grouped = byGroup(parameters, [
      { name: 'rest', takes: (name) => !predictor(name), optimizer: momentum },
      { name: 'predictor', takes: predictor, optimizer: momentum, rate: (rate) => rate - 1 },
    ]);
    const before = values(parameters);
    const some = without(gradientsOf(parameters, 0), 'predictor.weight');
    expect(message(() => grouped.step(some, 1))).toMatchInlineSnapshot(`"byGroup.step.gradients.predictor.weight: received undefined, expected a gradient for every parameter. Was the parameter part of the loss?"`);
    expect(message(() => grouped.step(gradientsOf(parameters, 0), 0.5))).toMatchInlineSnapshot(`"byGroup.groups.predictor.rate: received -0.5, expected a finite number, 0 or above, at every step."`);
    expect(message(() => grouped.step({ ...gradientsOf(parameters, 0), other: tf.scalar(1) }, 1))).toContain('received "other"');
    expect(message(() => grouped.step({ ...gradientsOf(parameters, 0), 'predictor.weight': tf.zeros([3]) }, 1))).toContain('the gradient of predictor.weight is [3]');
    expect(values(parameters)).toEqual(before);
    const gradients = gradientsOf(parameters, 0);
    const { numTensors } = tf.memory();
    grouped.step(gradients, 1);
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  test('groups that do not fit the parameters are refused', () => {
    const rest = { name: 'rest', takes: (): boolean => true, optimizer: momentum };
    expect(message(() => byGroup(fresh(), [{ ...rest, takes: predictor }]))).toMatchInlineSnapshot(`"byGroup.parameters: received "encoder.weight", expected parameters that a group takes. Let the last group take all: takes: () => true."`);
    expect(message(() => byGroup(fresh(), [rest, { ...rest, name: 'more' }]))).toMatchInlineSnapshot(`"byGroup.groups.more: received 0, expected at least one parameter. Leave the group out, or put it before the one that takes its parameters."`);
    expect(message(() => byGroup(fresh(), [rest, rest]))).toMatchInlineSnapshot(`"byGroup.groups[1].name: received "rest", expected a name of letters, digits and dashes that no other group has."`);
  });
});
