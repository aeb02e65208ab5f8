import { restoreState } from '@kindred/core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { adamW, averageWeights, biasAndNorm, chain, clipByGlobalNorm, clipByValue, constant, cosineRamp, lars, type Optimizer, sgd } from '../src/index.js';
import { optimizerContract } from './support/contract.js';
import { expectNear, normals, onBothBackends, read, tensors, variables } from './support/values.js';

const plain = { momentum: 0, weightDecay: 0 };
optimizerContract('chain of clipping, an average and sgd', (parameters) =>
  chain(clipByGlobalNorm({ maximum: 0.5 }), averageWeights({ variables: parameters, decay: 0.9 }), sgd({ parameters, momentum: 0.9, weightDecay: 0.01 })),
);

onBothBackends(() => {
  test('links change gradients in their order: values first, then the length of what is left', () => {
    const w = tf.variable(tf.tensor1d([0, 0]));
    const step = (...links: Parameters<typeof chain>): number[] => {
      w.assign(tf.tensor1d([0, 0]));
      chain(...links).step({ w: tf.tensor1d([30, 4]) }, 1);
      return Array.from(w.dataSync());
    };
    const optimizer = sgd({ parameters: { w }, ...plain });
    expectNear({ w: step(clipByValue({ maximum: 3 }), clipByGlobalNorm({ maximum: 1 }), optimizer) }, { w: [-Math.SQRT1_2, -Math.SQRT1_2] }, 1e-6);
    const length = Math.hypot(30, 4);
    expectNear({ w: step(clipByGlobalNorm({ maximum: 10 }), clipByValue({ maximum: 3 }), optimizer) }, { w: [-3, -40 / length] }, 1e-6);
    w.dispose();
  });

  test('averages follow a ← a + (1 − d)(w − a), written as loops, and the weights are those without them', () => {
    const [one, other] = [variables(normals('initial')), variables(normals('initial'))];
    const average = averageWeights({ variables: one, decay: 0.7 });
    const [averaged, alone] = [chain(average, sgd({ parameters: one, momentum: 0.9, weightDecay: 0 })), sgd({ parameters: other, momentum: 0.9, weightDecay: 0 })];
    const expected = Object.fromEntries(Object.entries(read(one)).map(([name, list]) => [name, [...list]]));
    for (const step of [1, 2, 3]) {
      tf.tidy(() => averaged.step(tensors(normals(step)), 0.1));
      tf.tidy(() => alone.step(tensors(normals(step)), 0.1));
      Object.entries(read(one)).forEach(([name, list]) => list.forEach((x, i) => (expected[name]![i] = 0.7 * expected[name]![i]! + 0.3 * x)));
    }
    expect(read(one)).toEqual(read(other));
    expectNear(Object.fromEntries(Object.entries(average.averages()).map(([name, { values }]) => [name, Array.from(values)])), expected, 1e-6);
  });
});

describe('averageWeights', () => {
  test('its decay may be a schedule of the steps done; whole numbers are taken as they are', () => {
    const [w, batches] = [tf.variable(tf.scalar(1)), tf.variable(tf.scalar(5, 'int32'))];
    const average = averageWeights({ variables: { w, batches }, decay: (step) => [0, 0.5][step]! });
    const optimizer = chain(average, sgd({ parameters: { w }, ...plain }));
    optimizer.step({ w: tf.scalar(1) }, 1); // w = 0, a = 0
    batches.assign(tf.scalar(6, 'int32'));
    optimizer.step({ w: tf.scalar(-4) }, 1); // w = 4, a = 2
    expect(average.averages()).toEqual({ w: { shape: [], values: Float32Array.of(2) }, batches: { shape: [], values: Int32Array.of(6) } });
  });

  test('a state of other variables is refused, and nothing in the chain has changed', () => {
    const make = (name: string): Optimizer => {
      const parameters = { [name]: tf.variable(tf.tensor1d([1, 2])) };
      return chain(averageWeights({ variables: parameters, decay: 0.5 }), sgd({ parameters, momentum: 0.9, weightDecay: 0 }));
    };
    const [one, other] = [make('w'), make('v')];
    one.step({ w: tf.tensor1d([1, 1]) }, 0.1);
    const before = one.state();
    expect(() => restoreState(one, other.state())).toThrow(expect.objectContaining({ name: 'StateError' }));
    expect(() => restoreState(one, { ...before, 'averageWeights.steps': other.state()['optimizer.velocity.v']! })).toThrow();
    expect(one.state()).toEqual(before);
  });

  test('messages', () => {
    const w = tf.variable(tf.scalar(1));
    expect(() => averageWeights({ variables: { w }, decay: 1.5 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: averageWeights.decay: received 1.5, expected a number in [0, 1]. It is the share that is kept each step.]`);
    expect(() => averageWeights({ variables: {}, decay: 0.5 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: averageWeights.variables: received {}, expected at least one variable. Pass flattenParameters(network.parameters()).]`);
    const optimizer = sgd({ parameters: { w }, ...plain });
    const clip = clipByValue({ maximum: 1 });
    expect(() => chain(clip, clip, optimizer)).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: chain.links[1].name: received "clipByValue", expected a name of letters, digits and dashes that no other link has, and not 'optimizer'.]`);
    expect(() => clipByValue({ maximum: 0 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: clipByValue.maximum: received 0, expected a finite number above 0.]`);
  });
});

describe('weight decay by schedule', () => {
  const makers = {
    sgd: (w: tf.Variable, weightDecay: number | ((step: number) => number)) => sgd({ parameters: { w }, momentum: 0.9, weightDecay }),
    lars: (w: tf.Variable, weightDecay: number | ((step: number) => number)) =>
      lars({ parameters: { w }, momentum: 0.9, weightDecay, trustCoefficient: 0.01, exclude: biasAndNorm, form: 'sum', learningRatePlacement: 'outside' }),
    adamW: (w: tf.Variable, weightDecay: number | ((step: number) => number)) =>
      adamW({ parameters: { w }, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay, exclude: biasAndNorm }),
  };
  const after = (name: keyof typeof makers, ...decays: (number | ((step: number) => number))[]): number[][] =>
    decays.map((weightDecay) => {
      const w = tf.variable(tf.tensor2d([[1, -2]]));
      const optimizer = makers[name](w, weightDecay);
      for (let step = 0; step < 3; step++) optimizer.step({ w: tf.tensor2d([[0.5, 0.25]]) }, 0.1);
      return Array.from(w.dataSync());
    });

  test.each(['sgd', 'lars', 'adamW'] as const)('%s: a constant schedule is the number, and steps count from 0', (name) => {
    const [number, schedule, late] = after(name, 0.3, constant(0.3), (step) => (step === 0 ? 0.3 : 100));
    expect(schedule).toEqual(number);
    expect(late).not.toEqual(number);
    const seen: number[] = [];
    after(name, (step) => (seen.push(step), 0.1));
    expect(seen).toEqual([0, 1, 2]);
  });

  test('AdamW with a decay that rises along a cosine, as loops over numbers', () => {
    const schedule = cosineRamp({ start: 0.1, final: 0.4, totalSteps: 3 });
    let [w, a, b] = [1, 0, 0];
    for (let t = 1; t <= 3; t++) {
      [a, b] = [0.9 * a + 0.1 * 0.5, 0.999 * b + 0.001 * 0.25];
      w = w * (1 - 0.1 * schedule(t - 1)) - (0.1 * (a / (1 - 0.9 ** t))) / (Math.sqrt(b / (1 - 0.999 ** t)) + 1e-8);
    }
    expect(after('adamW', schedule)[0]![0]).toBeCloseTo(w, 5);
  });

  test('a schedule that gives no decay is refused at its step, and nothing has changed', () => {
    const w = tf.variable(tf.tensor2d([[1, -2]]));
    const optimizer = makers.sgd(w, (step) => (step === 1 ? -1 : 0.1));
    optimizer.step({ w: tf.tensor2d([[0.5, 0.25]]) }, 0.1);
    const [weights, state] = [Array.from(w.dataSync()), optimizer.state()];
    expect(() => optimizer.step({ w: tf.tensor2d([[0.5, 0.25]]) }, 0.1)).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: sgd.weightDecay: received -1, expected a finite number, 0 or above.]`);
    expect([Array.from(w.dataSync()), optimizer.state()]).toEqual([weights, state]);
  });
});
