import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test, vi } from 'vitest';
import { defineOp } from '../src/index.js';
import { expectNoLeak, onBothBackends } from './support/values.js';

const values = (tensor: tf.Tensor | undefined): number[] => [...tensor!.dataSync()];
let serial = 0;
/** A name that no earlier test has left in the registry. */
const fresh = (): string => `TestOp${(serial += 1)}`;

onBothBackends(() => {
  test('runs the composite where the backend has no kernel of its name', () => {
    const op = defineOp<{ by: number }>({ name: fresh(), composite: ({ x }, { by }) => [tf.mul(x!, by), tf.add(x!, by)] });
    const [product, sum] = op({ x: tf.tensor1d([1, 2]) }, { by: 3 });
    expect([values(product), values(sum)]).toEqual([[3, 6], [4, 5]]);
  });

  test('runs the kernel that is registered for the backend, and not for another', () => {
    const name = fresh();
    const [here, elsewhere] = [tf.getBackend(), tf.getBackend() === 'cpu' ? 'webgl' : 'cpu'];
    const kernel = (by: number): tf.KernelConfig['kernelFunc'] => ({ inputs }) => tf.mul(inputs['x'] as tf.Tensor, by);
    tf.registerKernel({ kernelName: name, backendName: elsewhere, kernelFunc: kernel(100) });
    const composite = vi.fn(({ x }: tf.NamedTensorMap) => [tf.mul(x!, 2)]);
    const op = defineOp({ name, composite });
    expect(values(op({ x: tf.tensor1d([3]) }, {})[0])).toEqual([6]);
    tf.unregisterKernel(name, here);
    tf.registerKernel({ kernelName: name, backendName: here, kernelFunc: kernel(10) });
    expect(values(op({ x: tf.tensor1d([3]) }, {})[0])).toEqual([30]);
    expect(composite).toHaveBeenCalledTimes(1);
  });

  test('one gradient serves the composite and the kernel', () => {
    const name = fresh();
    const op = defineOp({
      name,
      composite: ({ x }) => [tf.mul(x!, x!)],
      gradient: { inputs: ['x'], compute: ([dy], [x]) => ({ x: tf.mul(dy!, tf.mul(x!, 2)) }) },
    });
    const slope = (): number[] => values(tf.grad((x) => op({ x }, {})[0]!)(tf.tensor1d([3, -1])));
    expect(slope()).toEqual([6, -2]);
    const backendName = tf.getBackend();
    tf.unregisterKernel(name, backendName);
    tf.registerKernel({ kernelName: name, backendName, kernelFunc: ({ inputs }) => tf.square(inputs['x'] as tf.Tensor) });
    expect(slope()).toEqual([6, -2]);
  });

  test('computes the gradients that are wanted, and no others', () => {
    const [forX, forW] = [vi.fn(), vi.fn()];
    const op = defineOp({
      name: fresh(),
      composite: ({ x, w }) => [tf.mul(x!, w!)],
      gradient: {
        inputs: ['x', 'w'],
        compute: ([dy], [x, w]) => ({
          x: () => (forX(), tf.mul(dy!, w!)),
          w: () => (forW(), tf.mul(dy!, x!)),
        }),
      },
    });
    const images = tf.tensor1d([2]);
    expect(values(tf.grad((w) => op({ x: images, w }, {})[0]!)(tf.tensor1d([5])))).toEqual([2]);
    expect([forX.mock.calls.length, forW.mock.calls.length]).toEqual([0, 1]);
  });

  test('saves the outputs that the gradient asks for, and gives it the attributes', () => {
    const op = defineOp<{ factor: number }>({
      name: fresh(),
      composite: ({ x }, { factor }) => [tf.exp(tf.mul(x!, factor)), tf.zerosLike(x!)],
      gradient: { inputs: [], outputs: [true, false], compute: ([dy], [y], { factor }) => ({ x: tf.mul(tf.mul(dy!, y!), factor) }) },
    });
    expect(values(tf.grad((x) => op({ x }, { factor: 2 })[0]!)(tf.tensor1d([0.5])))[0]).toBeCloseTo(2 * Math.E, 5);
  });

  test('gives the gradients of all outputs, zeros for those that nothing reads', () => {
    const seen = vi.fn();
    const op = defineOp({
      name: fresh(),
      composite: ({ x }) => [tf.mul(x!, 2), tf.mul(x!, 3)],
      gradient: {
        inputs: [],
        compute: ([first, second]) => (seen(values(first), values(second)), { x: tf.add(tf.mul(first!, 2), tf.mul(second!, 3)) }),
      },
    });
    expect(values(tf.grad((x) => op({ x }, {})[1]!)(tf.tensor1d([1])))).toEqual([3]);
    expect(seen).toHaveBeenCalledWith([0], [1]);
  });

  test('leaves no tensor behind but its outputs, with and without a gradient', () => {
    const op = defineOp({
      name: fresh(),
      composite: ({ x }) => [tf.sub(tf.mul(tf.add(x!, 1), 2), 3), tf.add(x!, 4)],
      gradient: { inputs: ['x'], outputs: [true], compute: ([dy], [x, y]) => ({ x: () => tf.add(tf.mul(dy!, x!), y!) }) },
    });
    const x = tf.tensor1d([1, 2]);
    expectNoLeak(() => op({ x }, {}));
    expectNoLeak(() => tf.grad((input) => op({ x: input }, {})[0]!)(x));
  });
});

test('an operation without a gradient says so when one is wanted', () => {
  const op = defineOp({ name: 'TestNoGradient', composite: ({ x }) => [tf.mul(x!, 2)] });
  expect(() => tf.grad((x) => op({ x }, {})[0]!)(tf.tensor1d([1]))).toThrow(/[Gg]radient/);
});

test('two definitions of one name share its kernel and its gradient', () => {
  const definition = (by: number) => ({
    name: 'TestShared',
    composite: ({ x }: tf.NamedTensorMap) => [tf.mul(x!, by)],
    gradient: { inputs: [], compute: ([dy]: readonly tf.Tensor[]) => ({ x: tf.mul(dy!, by) }) },
  });
  const [first, second] = [defineOp(definition(2)), defineOp(definition(2))];
  const both = (x: tf.Tensor): tf.Tensor => tf.add(first({ x }, {})[0]!, second({ x }, {})[0]!);
  expect(values(tf.grad(both)(tf.tensor1d([1])))).toEqual([4]);
});

onBothBackends(() => {
  describe('a backward pass', () => {
    const triple = defineOp({ name: fresh(), composite: ({ x }) => [tf.mul(x!, 3)], gradient: { inputs: [], compute: ([dy]) => ({ x: () => tf.mul(dy!, 3) }) } });
    const same = defineOp({ name: fresh(), composite: ({ a, b }) => [tf.add(a!, b!)], gradient: { inputs: [], compute: ([dy]) => ({ a: dy!, b: dy! }) } });
    const rectified = defineOp({ name: fresh(), composite: ({ x }) => [tf.relu(x!)], gradient: { inputs: ['x'], compute: ([dy], [x]) => ({ x: () => tf.mul(dy!, tf.step(x!)) }) } });
    const map = (): tf.Tensor4D => tf.ones([1, 64, 64, 16]);
    const bytes = 64 * 64 * 16 * 4;

    test('holds the gradients of few feature maps at a time', () => {
      let peak = 0;
      const watch = tf.customGrad((x) => ({ value: tf.clone(x as tf.Tensor), gradFunc: (dy: tf.Tensor) => ((peak = tf.memory().numBytes), tf.clone(dy)) }));
      const before = tf.memory().numBytes;
      tf.tidy(() => {
        const slope = tf.grad((x) => {
          let y = watch(x);
          for (let i = 0; i < 12; i++) y = triple({ x: y }, {})[0]!;
          return y;
        })(map());
        expect(slope.dataSync()[5]).toBe(3 ** 12);
      });
      // input, what the tape keeps of the first operation, the gradients at hand; all of them would be 13 maps
      expect((peak - before) / bytes).toBeLessThan(6);
    });

    test('is right where paths part and join, and where an operation hands on what it got', () => {
      // y = (3x + 3·3x) + x: each path has its length
      const slope = tf.grad((x) => {
        const once = triple({ x }, {})[0]!;
        return same({ a: same({ a: once, b: triple({ x: once }, {})[0]! }, {})[0]!, b: x }, {})[0]!;
      });
      tf.tidy(() => {
        expect([...slope(map()).dataSync().slice(0, 3)]).toEqual([13, 13, 13]);
      });
    });

    test("leaves a program's own gradient alone, and gradients of gradients right", () => {
      tf.tidy(() => {
        const own = tf.fill([1, 2, 2, 1], 2) as tf.Tensor4D;
        expect(values(tf.grad((x) => triple({ x: triple({ x }, {})[0]! }, {})[0]!)(tf.ones([1, 2, 2, 1]), own))).toEqual([18, 18, 18, 18]);
        expect(values(own)).toEqual([2, 2, 2, 2]);
        const cube = (x: tf.Tensor): tf.Tensor => tf.mul(tf.square(x), triple({ x }, {})[0]!);
        expect(values(tf.grad((x) => tf.grad(cube)(x))(tf.fill([1, 1, 1, 1], 2)))).toEqual([36]); // (3x³)″ = 18x
        // what an operation saved, of a value that nobody else holds, is needed by both passes
        const bent = (x: tf.Tensor): tf.Tensor => tf.square(rectified({ x: tf.add(x, 0) }, {})[0]!);
        expect(values(tf.grad((x) => tf.grad(bent)(x))(tf.fill([1, 1, 1, 1], 3)))).toEqual([2]); // (max(x, 0)²)″ above 0
      });
    });
  });
});
