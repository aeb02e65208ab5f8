import { random } from '@kindred/core';
import { expect, test } from 'vitest';
import { lbfgs } from '../src/lbfgs.js';
import { lineSearch } from '../src/line-search.js';

const exact = { maximumIterations: 1000, tolerance: 1e-9, noise: 0 };

/** ½ Σ cᵢ (xᵢ − i)², its steepest direction `condition` times as steep as its flattest. */
function bowl(size: number, condition: number): (x: Float64Array) => Promise<{ value: number; gradient: Float64Array }> {
  const steep = Float64Array.from({ length: size }, (_, i) => condition ** (i / (size - 1)));
  return async (x) => {
    const gradient = x.map((value, i) => steep[i]! * (value - i));
    return { value: x.reduce((sum, value, i) => sum + 0.5 * steep[i]! * (value - i) ** 2, 0), gradient };
  };
}

test('finds the bottom of a bowl that is 10,000 times as steep in one direction', async () => {
  const { x, value, iterations, converged } = await lbfgs({ start: new Float64Array(20), evaluate: bowl(20, 1e4), ...exact });
  expect(converged).toBe(true);
  x.forEach((at, i) => expect(at).toBeCloseTo(i, 8));
  expect(value).toBeCloseTo(0, 15);
  // scipy 1.17's L-BFGS takes 666 to the same gradient, steepest descent with exact steps 64,427
  expect(iterations).toBeLessThan(700);
});

test('the bowl that is 10,000 times as steep in one direction takes two iterations where its curvature is known', async () => {
  const precondition = async (gradient: Float64Array): Promise<Float64Array> => gradient.map((value, i) => value / 1e4 ** (i / 19));
  const { x, iterations } = await lbfgs({ start: new Float64Array(20), evaluate: bowl(20, 1e4), precondition, ...exact });
  x.forEach((at, i) => expect(at).toBeCloseTo(i, 8));
  expect(iterations).toBeLessThan(3);
});

test('a curvature that leads upwards, or is no number, is given up', async () => {
  for (const factor of [-1, NaN]) {
    const precondition = async (gradient: Float64Array): Promise<Float64Array> => gradient.map((value) => factor * value);
    const { x, converged } = await lbfgs({ start: new Float64Array(5), evaluate: bowl(5, 10), precondition, ...exact });
    expect(converged).toBe(true);
    x.forEach((at, i) => expect(at).toBeCloseTo(i, 8));
  }
});

test("follows Rosenbrock's curved valley in 20 dimensions to (1, ..., 1)", async () => {
  const evaluate = async (x: Float64Array): Promise<{ value: number; gradient: Float64Array }> => {
    const gradient = new Float64Array(x.length);
    let value = 0;
    for (let i = 0; i + 1 < x.length; i++) {
      const [bend, off] = [x[i + 1]! - x[i]! ** 2, 1 - x[i]!];
      value += 100 * bend ** 2 + off ** 2;
      gradient[i]! += -400 * bend * x[i]! - 2 * off;
      gradient[i + 1]! += 200 * bend;
    }
    return { value, gradient };
  };
  const start = Float64Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? -1.2 : 1));
  const { x, converged, iterations } = await lbfgs({ start, evaluate, ...exact });
  expect(converged).toBe(true);
  x.forEach((at) => expect(at).toBeCloseTo(1, 7));
  // scipy 1.17's takes 144
  expect(iterations).toBeLessThan(180);
});

test('never goes up, and tells of every iteration', async () => {
  const told: number[] = [];
  const result = await lbfgs({
    start: new Float64Array(10),
    evaluate: bowl(10, 100),
    ...exact,
    onIteration: (iteration, value) => {
      expect(iteration).toBe(told.length + 1);
      told.push(value);
    },
  });
  expect(told).toHaveLength(result.iterations);
  expect(told).toEqual(told.toSorted((a, b) => b - a));
});

test('stops at the number of iterations given, and says that it has not converged', async () => {
  const result = await lbfgs({ start: new Float64Array(10), evaluate: bowl(10, 1e4), ...exact, maximumIterations: 3 });
  expect(result).toMatchObject({ iterations: 3, converged: false });
});

test('a start at the minimum takes no iteration', async () => {
  const start = Float64Array.from({ length: 5 }, (_, i) => i);
  expect(await lbfgs({ start, evaluate: bowl(5, 10), ...exact })).toMatchObject({ iterations: 0, converged: true, x: start });
});

test('leaves its start as it was', async () => {
  const start = new Float64Array(5);
  await lbfgs({ start, evaluate: bowl(5, 10), ...exact });
  expect(start).toEqual(new Float64Array(5));
});

test('reaches gradients that change the value by less than its noise', async () => {
  const draws = random(3);
  const evaluate = async (x: Float64Array): Promise<{ value: number; gradient: Float64Array }> => {
    const { value, gradient } = await bowl(10, 100)(x);
    return { value: 1 + value + draws.uniform(-1e-8, 1e-8), gradient };
  };
  const settings = { start: new Float64Array(10), evaluate, maximumIterations: 500, tolerance: 1e-6 };
  // at gradients of 1e-6 the value is within 1e-12 of the least
  expect(await lbfgs({ ...settings, noise: 1e-7 })).toMatchObject({ converged: true });
});

test('gives up where gradient and value contradict each other', async () => {
  const evaluate = async (x: Float64Array): Promise<{ value: number; gradient: Float64Array }> => ({
    value: x[0]!,
    gradient: Float64Array.of(-1),
  });
  expect(await lbfgs({ start: new Float64Array(1), evaluate, ...exact })).toMatchObject({ iterations: 0, converged: false });
});

/** φ(t) = (t − 10)², and how often it was asked. */
function parabola(): { at(step: number): Promise<{ value: number; slope: number }>; asked: number[] } {
  const asked: number[] = [];
  return {
    asked,
    async at(step) {
      asked.push(step);
      return { value: (step - 10) ** 2, slope: 2 * (step - 10) };
    },
  };
}

test('lineSearch takes the first step where that will do', async () => {
  const { at, asked } = parabola();
  expect((await lineSearch({ value: 100, slope: -20 }, at, 4, 0))?.step).toBe(4);
  expect(asked).toEqual([4]);
});

test('lineSearch doubles a step that leaves more than nine tenths of the slope', async () => {
  const { at, asked } = parabola();
  expect((await lineSearch({ value: 100, slope: -20 }, at, 0.25, 0))?.step).toBe(1);
  expect(asked).toEqual([0.25, 0.5, 1]);
});

test('lineSearch goes from a step too far to the minimum of the cubic between: exact for a parabola', async () => {
  const { at, asked } = parabola();
  expect((await lineSearch({ value: 100, slope: -20 }, at, 40, 0))?.step).toBeCloseTo(10, 10);
  expect(asked).toHaveLength(2);
});

test('lineSearch comes back from steps where the function has no value', async () => {
  const at = async (step: number): Promise<{ value: number; slope: number }> =>
    step > 1 ? { value: NaN, slope: NaN } : { value: (step - 0.5) ** 2, slope: 2 * (step - 0.5) };
  const found = await lineSearch({ value: 0.25, slope: -1 }, at, 64, 0);
  expect(found!.point.value).toBeLessThan(0.25);
});

test('lineSearch does not take a point whose slope is no number', async () => {
  const at = async (step: number): Promise<{ value: number; slope: number }> => ({ value: -step, slope: step > 1 ? NaN : -0.5 });
  const found = await lineSearch({ value: 0, slope: -1 }, at, 4, 0);
  expect(found!.point.slope).toBe(-0.5);
});

test('lineSearch finds nothing uphill', async () => {
  const at = async (step: number): Promise<{ value: number; slope: number }> => ({ value: step, slope: 1 });
  expect(await lineSearch({ value: 0, slope: -1 }, at, 1, 0)).toBeUndefined();
});
