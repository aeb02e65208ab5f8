import { type ContrastiveLoss, defineLoss, flattenParameters, readParameters } from '@kindred/core';
import { composeMethod, otherView } from '@kindred/methods';
import { infoNCE } from '@kindred/losses';
import { sgd } from '@kindred/optimizers';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { trainStep } from '../src/index.js';
import { smallMethod, smallOptimizer } from './support.js';

const views = [1, 2].map((seed) => tf.randomNormal([6, 8, 8, 1], 0, 1, 'float32', seed) as tf.Tensor4D);
const sampleIds = Int32Array.of(0, 1, 2, 3, 4, 5);

describe('a training step', () => {
  test('lowers the loss of its own batch', () => {
    const method = smallMethod();
    const optimizer = smallOptimizer(method);
    const losses = Array.from({ length: 15 }, () => trainStep({ method, optimizer, views, sampleIds, learningRate: 0.05 }));
    expect(losses.at(-1)!).toBeLessThan(losses[0]! - 0.1);
  });

  test('leaves no tensor behind', () => {
    const method = smallMethod();
    const optimizer = smallOptimizer(method);
    trainStep({ method, optimizer, views, sampleIds, learningRate: 0.05 });
    const before = tf.memory().numTensors;
    for (let i = 0; i < 3; i++) trainStep({ method, optimizer, views, sampleIds, learningRate: 0.05 });
    expect(tf.memory().numTensors).toBe(before);
  });

  test('a gradient step of SGD is the learning rate times the gradient that finite differences give', () => {
    // eval-like: no momentum, no decay, and a loss of few rows, so that one weight can be wiggled
    const method = smallMethod();
    const optimizer = sgd({ parameters: flattenParameters(method.parameters()), momentum: 0, weightDecay: 0, exclude: () => false });
    const [name, variable] = Object.entries(flattenParameters(method.parameters())).find(([key]) => key === 'predictor.3.weight')!;
    const before = Float32Array.from(variable.dataSync());
    const at = (values: Float32Array): number => {
      variable.assign(tf.tensor(values.slice(), variable.shape));
      return tf.tidy(() => method.loss({ ...method.forward(views, 'train'), step: 0, sampleIds }).dataSync()[0]!);
    };
    const h = 1e-2;
    const slopes = [0, 5, 11].map((i) => {
      const moved = (by: number): Float32Array => before.map((x, j) => (j === i ? x + by : x));
      return (at(moved(h)) - at(moved(-h))) / (2 * h);
    });
    at(before);
    trainStep({ method, optimizer, views, sampleIds, learningRate: 0.5 });
    const after = variable.dataSync();
    // within 2 % and 2e-3: the loss is float32 and its curvature at h counts too
    [0, 5, 11].forEach((i, k) => expect(Math.abs((before[i]! - after[i]!) / 0.5 - slopes[k]!), name).toBeLessThan(2e-3 + 0.02 * Math.abs(slopes[k]!)));
  });

  test('a loss that is not a number stops before any weight changes, and says where', () => {
    const method = smallMethod();
    const optimizer = smallOptimizer(method);
    const broken = flattenParameters(method.parameters())['projector.0.weight']!;
    broken.assign(tf.fill(broken.shape, NaN));
    const before = readParameters({ encoder: method.parameters()['encoder']! });
    const run = (): number => trainStep({ method, optimizer, views, sampleIds, learningRate: 0.1, when: 'step 7 (epoch 2)' });
    expect(run).toThrowErrorMatchingInlineSnapshot(
      `[DivergenceError: step 7 (epoch 2): the loss is NaN; the first that is not finite: projector.0.weight. Lower the learning rate or lengthen the warm-up; the last checkpoint is unharmed.]`,
    );
    expect(readParameters({ encoder: method.parameters()['encoder']! })).toEqual(before);
  });

  const own = (loss: ContrastiveLoss<'embeddings'>): Parameters<typeof trainStep>[0] => {
    const { encoder } = smallMethod();
    const projector = { dimension: 8, apply: (x: tf.Tensor2D) => x, parameters: () => ({}), buffers: () => ({}) };
    const method = composeMethod({ name: 'own', encoder, projector, strategy: otherView({ directions: 'both' }), loss });
    return { method, optimizer: smallOptimizer(method), views, sampleIds, learningRate: 0.1 };
  };

  test('a loss that keeps tensors is found at the first step', () => {
    const leaky = defineLoss({ name: 'leaky', kind: 'embeddings' }, (pairs) => {
      tf.keep(tf.scalar(1));
      return infoNCE({ temperature: 0.5 })(pairs);
    });
    expect(() => trainStep(own(leaky))).toThrowErrorMatchingInlineSnapshot(
      `[StateError: own: this step left 2 tensors behind. Wrap what the method computes in tf.tidy, and dispose what it replaces.]`,
    );
  });

  test('a loss that does not depend on a parameter names it', () => {
    const input = own(infoNCE({ temperature: 0.5 }));
    const { method } = input;
    const spare = tf.variable(tf.scalar(1));
    const unused = { ...method, parameters: () => ({ ...method.parameters(), spare }) };
    expect(() => trainStep({ ...input, method: unused })).toThrowErrorMatchingInlineSnapshot(
      `[StateError: own.loss: does not depend on spare. Leave unused parts out of the method.]`,
    );
  });
});
