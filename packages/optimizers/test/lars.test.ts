import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { biasAndNorm, lars, type LarsOptions } from '../src/index.js';
import { optimizerContract } from './support/contract.js';
import { expectNear, type Numbers, normals, onBothBackends, read, tensors, variables } from './support/values.js';

type Options = Omit<LarsOptions, 'parameters' | 'exclude' | 'weightDecay'> & { readonly weightDecay: number };
const common = { momentum: 0.9, weightDecay: 0.05, trustCoefficient: 0.02 };

/** The published forms: Google's SimCLR; MoCo v3, BYOL and others; lightly; solo-learn; and one that no one published. */
const forms: Record<string, Options> = {
  'sum, inside': { ...common, form: 'sum', learningRatePlacement: 'inside' },
  'sum, outside': { ...common, form: 'sum', learningRatePlacement: 'outside' },
  'separate, outside': { ...common, form: 'separate', learningRatePlacement: 'outside', epsilon: 0.01 },
  'separate, outside, clipped': { ...common, form: 'separate', learningRatePlacement: 'outside', clip: true },
  'separate, inside, clipped': { ...common, form: 'separate', learningRatePlacement: 'inside', clip: true },
  'no decay': { ...common, form: 'separate', learningRatePlacement: 'outside', weightDecay: 0 },
};

const length = (values: readonly number[]): number => Math.hypot(...values);

/** Algorithm 1 of You et al. 2017 with its variants, a layer at a time in float64. */
function byLoops(initial: Numbers, steps: readonly Numbers[], rates: readonly number[], exclude: readonly string[], options: Options): Numbers {
  const { momentum, weightDecay, trustCoefficient, form, learningRatePlacement, clip, epsilon = 0 } = options;
  return Object.fromEntries(
    Object.entries(initial).map(([name, values]) => {
      let w = values;
      let v = values.map(() => 0);
      steps.forEach((step, t) => {
        const [g, lr] = [step[name]!, rates[t]!];
        const adapt = !exclude.includes(name);
        const decayed = g.map((value, i) => value + (adapt ? weightDecay * w[i]! : 0));
        let ratio = 1;
        if (adapt && length(w) > 0 && length(form === 'sum' ? decayed : g) > 0) {
          ratio = (trustCoefficient * length(w)) / (form === 'sum' ? length(decayed) : length(g) + weightDecay * length(w) + epsilon);
          if (clip) ratio = lr === 0 ? 1 : Math.min(ratio / lr, 1);
        }
        const inside = learningRatePlacement === 'inside';
        v = v.map((value, i) => momentum * value + (inside ? lr : 1) * ratio * decayed[i]!);
        w = w.map((value, i) => value - (inside ? 1 : lr) * v[i]!);
      });
      return [name, w];
    }),
  );
}

optimizerContract('lars of SimCLR', (parameters) => lars({ parameters, exclude: biasAndNorm, ...forms['sum, inside']! }));
optimizerContract('lars of solo-learn', (parameters) => lars({ parameters, exclude: biasAndNorm, ...forms['separate, outside, clipped']! }));

onBothBackends(() => {
  test('a layer of length 5 under a gradient of length 2 has the rate η·5/2', () => {
    const w = tf.variable(tf.tensor2d([[3, 4]]));
    lars({ parameters: { w }, ...common, weightDecay: 0, form: 'sum', learningRatePlacement: 'outside', exclude: biasAndNorm }).step(
      { w: tf.tensor2d([[0, 2]]) },
      10,
    );
    expectNear(read({ w }), { w: [3, 4 - 10 * 0.02 * 2.5 * 2] }, 1e-6);
  });

  describe.each(Object.entries(forms))('%s', (_, options) => {
    // a clipped layer moves at its own rate: the learning rates lie on both sides of it
    test('equals the formula, written as loops over numbers', () => {
      const initial = normals('initial');
      const steps = [1, 2, 3, 4, 5].map((step) => normals(step));
      const rates = [0, 0.005, 0.5, 2, 0.1];
      const parameters = variables(initial);
      const optimizer = lars({ parameters, exclude: biasAndNorm, ...options });
      steps.forEach((step, t) => tf.tidy(() => optimizer.step(tensors(step), rates[t]!)));
      // relative to 1 + |w|: float32, and the two norms of a layer
      expectNear(read(parameters), byLoops(initial, steps, rates, ['bn.bias'], options), 2e-6);
    });

    test('adapts biases too where none is excluded, and nothing where all are', () => {
      const initial = normals('initial');
      const steps = [1, 2, 3].map((step) => normals(step));
      const rates = [0.1, 0.5, 0.2];
      for (const exclude of [[], Object.keys(initial)]) {
        const parameters = variables(initial);
        const optimizer = lars({ parameters, exclude: (name) => exclude.includes(name), ...options });
        steps.forEach((step, t) => tf.tidy(() => optimizer.step(tensors(step), rates[t]!)));
        expectNear(read(parameters), byLoops(initial, steps, rates, exclude, options), 2e-6);
      }
    });

    test('a layer of zeros, or a gradient of zeros, has ratio 1 and no NaN', () => {
      const initial = { ...normals('initial'), 'fc.weight': Array<number>(12).fill(0) };
      const steps = [1, 2].map((step) => ({ ...normals(step), 'conv.weight': Array<number>(24).fill(0) }));
      const parameters = variables(initial);
      const optimizer = lars({ parameters, exclude: biasAndNorm, ...options });
      steps.forEach((step) => tf.tidy(() => optimizer.step(tensors(step), 0.3)));
      expectNear(read(parameters), byLoops(initial, steps, [0.3, 0.3], ['bn.bias'], options), 2e-6);
    });
  });
});

test('inside and outside agree while the learning rate stays, and part when it changes', () => {
  const run = (placement: 'inside' | 'outside', rates: readonly number[]): Numbers => {
    const parameters = variables(normals('initial'));
    const optimizer = lars({ parameters, exclude: biasAndNorm, ...common, form: 'sum', learningRatePlacement: placement });
    rates.forEach((rate, t) => tf.tidy(() => optimizer.step(tensors(normals(t)), rate)));
    return read(parameters);
  };
  expectNear(run('inside', [0.3, 0.3, 0.3]), run('outside', [0.3, 0.3, 0.3]), 1e-6);
  expect(() => expectNear(run('inside', [0.3, 0.1, 0.3]), run('outside', [0.3, 0.1, 0.3]), 1e-2)).toThrow('off by');
});

test('says what is wrong with an option', () => {
  const w = tf.variable(tf.tensor1d([1]));
  const make = (more: object) => () => lars({ parameters: { w }, exclude: biasAndNorm, ...forms['sum, inside']!, ...more });
  expect(make({ momentum: 1.5 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: lars.momentum: received 1.5, expected a number in [0, 1). It is the share that is kept each step.]`);
  expect(make({ weightDecay: -1 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: lars.weightDecay: received -1, expected a finite number, 0 or above.]`);
  expect(make({ trustCoefficient: 0 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: lars.trustCoefficient: received 0, expected a finite number above 0.]`);
  expect(make({ epsilon: -1 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: lars.epsilon: received -1, expected a finite number, 0 or above.]`);
  expect(make({ form: 'product' })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: lars.form: received "product", expected 'sum' or 'separate'.]`);
  expect(make({ learningRatePlacement: 'both' })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: lars.learningRatePlacement: received "both", expected 'inside' or 'outside'.]`);
});
