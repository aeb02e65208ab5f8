import { memory } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { type Features, linearProbe, type ProbeProgress } from '../src/index.js';
import golden from './golden/logistic-regression.json' with { type: 'json' };
import { leavingNoTensors, onBackends } from './support/backends.js';
import { clusters, features, listed } from './support/rows.js';

const settings = { standardize: false, maximumIterations: 500, tolerance: 1e-5, seed: 1 } as const;

const part = ({ values, labels, dimension }: { values: number[]; labels: number[]; dimension: number }): Features => ({
  values: Float32Array.from(values),
  labels: Int32Array.from(labels),
  dimension,
});

/** Mean cross-entropy of logits `x·weights + bias`, in float64. */
function crossEntropy(of: Features, weights: Float64Array, bias: Float64Array): number {
  const classes = bias.length;
  const losses = listed(of).map((x, row) => {
    const logits = Array.from(bias, (b, k) => x.reduce((sum, value, d) => sum + value * weights[d * classes + k]!, b));
    const most = Math.max(...logits);
    return most + Math.log(logits.reduce((sum, l) => sum + Math.exp(l - most), 0)) - logits[of.labels![row]!]!;
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

onBackends('linearProbe', () => {
  test('at the optimum of two mirrored rows the weight solves σ(−2w)·4 = λ·w·2', async () => {
    // rows −1 and 1, W = [−w, w]: J = log(1 + e^(−2w)) + λw²/2
    const train = features([[-1], [1]], [0, 1]);
    const { weights, bias, objective, converged } = await linearProbe({ train, test: train, regularization: 0.5, ...settings });
    const w = weights[1]!;
    expect(converged).toBe(true);
    expect(weights[0]).toBeCloseTo(-w, 6);
    expect(2 / (1 + Math.exp(2 * w))).toBeCloseTo(0.5 * w, 4);
    expect(bias[0]).toBeCloseTo(0, 6);
    expect(objective).toBeCloseTo(Math.log(1 + Math.exp(-2 * w)) + 0.25 * w * w, 6);
  });

  test.each(golden.problems.flatMap((problem) => problem.cases.map((wanted) => ({ ...problem, wanted, title: JSON.stringify([problem.classes, wanted.standardize, wanted.C]) }))))(
    'equals scikit-learn: classes, standardize, C = $title',
    async ({ classes, train, test, wanted }) => {
      // with two classes scikit-learn has one column, the difference of ours, and penalises it: ½‖w‖² against ¼‖w‖²
      const regularization = (classes === 2 ? 2 : 1) / wanted.C;
      const given = { train: part(train), test: part(test), regularization, standardize: wanted.standardize };
      const result = await leavingNoTensors(() => linearProbe({ ...settings, ...given, tolerance: 2e-6 }));
      const column = (k: number): number[] => Array.from({ length: 5 }, (_, d) => result.weights[d * classes + k]!);
      const ours =
        classes === 2
          ? [[...column(1).map((w, d) => w - column(0)[d]!), result.bias[1]! - result.bias[0]!]]
          : Array.from({ length: classes }, (_, k) => [...column(k), result.bias[k]!]);
      const theirs = wanted.weights.map((row, k) => [...row, wanted.bias[k]!]);
      // a gradient of 2e-6 where J curves by 0.01 or more along the least curved direction
      const size = Math.max(...theirs.flat().map(Math.abs));
      ours.forEach((row, k) => row.forEach((value, d) => expect(Math.abs(value - theirs[k]![d]!) / size).toBeLessThan(1e-3)));
      expect(crossEntropy(given.train, result.weights, result.bias)).toBeCloseTo(wanted.loss, 4);
      expect(result.objective).toBeCloseTo(wanted.loss + (wanted.penalised / wanted.C / 2) / train.labels.length, 5);
      expect([...result.predictions]).toEqual(wanted.predictions);
      expect(result.accuracy).toBeCloseTo(wanted.accuracy, 12);
      expect(result.converged).toBe(true);
    },
  );

  test('the coefficients give the predictions, standardised or not', async () => {
    const [train, test] = [clusters(1, 120, { offset: 20 }), clusters(2, 80, { offset: 20 })];
    for (const standardize of [true, false]) {
      const result = await linearProbe({ ...settings, train, test, regularization: 0.1, standardize });
      const guesses = listed(test).map((x) => {
        const logits = Array.from(result.bias, (b, k) => x.reduce((sum, value, d) => sum + value * result.weights[d * 3 + k]!, b));
        return logits.indexOf(Math.max(...logits));
      });
      expect([...result.predictions]).toEqual(guesses);
      expect(result.accuracy).toBe(guesses.filter((guess, row) => guess === test.labels[row]).length / 80);
    }
  });
});

const rows = { train: clusters(1, 200), test: clusters(2, 100) };
const strengths = [1e-3, 1, 1000];

test('of several strengths the one chosen is fitted to all rows, as if it alone had been given, in fewer iterations', async () => {
  const chosen = await leavingNoTensors(() => linearProbe({ ...settings, ...rows, regularization: strengths }));
  const alone = await linearProbe({ ...settings, ...rows, regularization: chosen.regularization });
  const { candidates, heldOutAccuracy } = chosen;
  expect([chosen.predictions, chosen.accuracy, chosen.converged]).toEqual([alone.predictions, alone.accuracy, true]);
  expect(chosen.objective).toBeCloseTo(alone.objective, 6);
  // both gradients are below 1e-5, where the curvature is some 5e-3
  for (const of of ['weights', 'bias'] as const) chosen[of].forEach((value, i) => expect(value).toBeCloseTo(alone[of][i]!, 2));
  expect(chosen.iterations).toBeLessThan(alone.iterations);
  expect(candidates.map(({ regularization }) => regularization)).toEqual([1000, 1, 1e-3]);
  expect(heldOutAccuracy).toBe(Math.max(...candidates.map((candidate) => candidate.heldOutAccuracy)));
  expect(alone).not.toHaveProperty('heldOutAccuracy');
});

test('the order in which strengths are given does not matter', async () => {
  const one = await linearProbe({ ...settings, ...rows, regularization: strengths });
  const other = await linearProbe({ ...settings, ...rows, regularization: strengths.toReversed() });
  expect(other).toEqual(one);
});

test('test rows have no part in the choice', async () => {
  const one = await linearProbe({ ...settings, ...rows, regularization: strengths });
  const wrong = { ...rows.test, labels: rows.test.labels.map((label) => (label + 1) % 3) };
  const other = await linearProbe({ ...settings, ...rows, test: wrong, regularization: strengths });
  const { accuracy, ...same } = other;
  expect(one).toMatchObject(same);
  expect(accuracy).toBeLessThan(one.accuracy);
});

test('a penalty that helps is chosen over one that does not', async () => {
  // 30 rows of 40 dimensions, one of which tells the class: without a penalty the others are fitted, too
  const noise = (seed: number, count: number): Features => {
    const { values, labels } = clusters(seed, count, { dimension: 40, classes: 2 });
    const plain = clusters(seed + 10, count, { dimension: 40, classes: 1 }).values;
    return { dimension: 40, labels, values: plain.map((value, i) => (i % 40 === 0 ? 4 * values[i]! : value)) };
  };
  const given = { train: noise(1, 60), test: noise(2, 400) };
  const result = await linearProbe({ ...settings, ...given, regularization: [1e-4, 10, 1e7] });
  const each = await Promise.all(
    [1e-4, 10, 1e7].map(async (regularization) => (await linearProbe({ ...settings, ...given, regularization })).accuracy),
  );
  expect(result.accuracy).toBe(Math.max(...each));
});

test('rows are set aside for good: where labels say nothing, a fit that knows all its rows is at chance on them', async () => {
  const { values } = clusters(1, 200, { dimension: 100, classes: 1 });
  const labels = Int32Array.from({ length: 200 }, (_, row) => Math.floor(row / 2) % 2);
  const train = { values, dimension: 100, labels };
  const given = { ...settings, tolerance: 1e-3, train, test: train };
  const { candidates } = await linearProbe({ ...given, regularization: [0.5, 1] });
  // 40 rows at 1/2 deviate by 0.08
  for (const { heldOutAccuracy } of candidates) expect(Math.abs(heldOutAccuracy - 0.5)).toBeLessThan(0.3);
  expect((await linearProbe({ ...given, regularization: 0.5 })).accuracy).toBeGreaterThan(0.85);
});

test('of strengths that do equally well the largest is chosen', async () => {
  const train = features([[-3], [-2], [-4], [-5], [3], [2], [4], [5]], [0, 0, 0, 0, 1, 1, 1, 1]);
  const result = await linearProbe({ ...settings, train, test: train, regularization: [0.01, 0.1] });
  expect(result).toMatchObject({ regularization: 0.1, heldOutAccuracy: 1 });
});

test('the same seed gives the same result, to the bit; another sets other rows aside', async () => {
  const one = await linearProbe({ ...settings, ...rows, regularization: strengths });
  expect(await linearProbe({ ...settings, ...rows, regularization: strengths })).toEqual(one);
  const seeds = await Promise.all(
    [2, 3, 4].map((seed) => linearProbe({ ...settings, ...rows, seed, regularization: strengths })),
  );
  expect(new Set([one, ...seeds].map(({ candidates }) => JSON.stringify(candidates))).size).toBeGreaterThan(1);
});

test('standardising makes the probe blind to scale and offset of a dimension', async () => {
  const moved = (of: Required<Features>): Features => ({
    ...of,
    values: of.values.map((value, i) => (i % 4 === 1 ? value * 4096 + 1024 : value)),
  });
  const given = { ...settings, regularization: 1, standardize: true };
  const one = await linearProbe({ ...given, ...rows });
  const other = await linearProbe({ ...given, train: moved(rows.train), test: moved(rows.test) });
  expect(other.predictions).toEqual(one.predictions);
  expect(other.objective).toBeCloseTo(one.objective, 5);
});

test.each([[1, 4, 6], [7, 1_999_999_998, 1_999_999_999]])('classes may have any numbers, with gaps: %s, %s, %s', async (...numbers) => {
  const rename = (of: Required<Features>): Required<Features> => ({ ...of, labels: of.labels.map((label) => numbers[label]!) });
  const given = { ...settings, regularization: [1, 10] };
  const plain = await linearProbe({ ...given, ...rows });
  const gaps = await linearProbe({ ...given, train: rename(rows.train), test: rename(rows.test) });
  expect([...gaps.classes]).toEqual(numbers);
  expect([...gaps.predictions]).toEqual([...plain.predictions].map((label) => numbers[label]!));
  expect(gaps).toEqual({ ...plain, classes: gaps.classes, predictions: gaps.predictions });
});

test('a class that only test has counts as an error', async () => {
  const test = { ...rows.test, labels: rows.test.labels.map((label, row) => (row < 100 ? 9 : label)) };
  const { accuracy, classes } = await linearProbe({ ...settings, ...rows, test, regularization: 1 });
  expect(accuracy).toBeLessThanOrEqual(0.5);
  expect([...classes]).toEqual([0, 1, 2]);
});

test('with one row of each class nothing can be held out: the largest strength is taken, and the result says so', async () => {
  const train = features([[-1, 3], [2, 1], [5, -2]], [0, 1, 2]);
  const few = await leavingNoTensors(() => linearProbe({ ...settings, train, test: train, regularization: [1, 100, 10] }));
  const { chosenBy, ...same } = await linearProbe({ ...settings, train, test: train, regularization: 100 });
  expect(few).toEqual({ ...same, chosenBy: 'default' });
  expect(chosenBy).toBe('caller');
  expect((await linearProbe({ ...settings, ...rows, regularization: strengths })).chosenBy).toBe('held-out rows');
});

test('two classes with two rows and others with one: those two are held out by', async () => {
  const train = features([[-1, 3], [-2, 4], [2, 1], [2, 0], [5, -2]], [0, 0, 1, 1, 2]);
  const { chosenBy, heldOutAccuracy } = await linearProbe({ ...settings, train, test: train, regularization: [1, 10] });
  expect(chosenBy).toBe('held-out rows');
  expect([0, 0.5, 1]).toContain(heldOutAccuracy);
});

test('without enough iterations it says that it has not converged', async () => {
  const result = await linearProbe({ ...settings, ...rows, regularization: 1e-3, maximumIterations: 3 });
  expect(result).toMatchObject({ iterations: 3, converged: false });
});

test('tells how far it is: choosing from strong to weak, then fitting', async () => {
  const told: ProbeProgress[] = [];
  const given = { ...settings, ...rows, regularization: strengths };
  const result = await linearProbe({ ...given, onProgress: (progress) => told.push(progress) });
  const stages = told.map(({ stage, regularization }) => `${stage} ${regularization}`);
  expect([...new Set(stages)]).toEqual(['choosing 1000', 'choosing 1', 'choosing 0.001', `fitting ${result.regularization}`]);
  expect(told.at(-1)).toMatchObject({ iteration: result.iterations, objective: result.objective });
  expect(told.at(-1)!.largestGradient).toBeLessThanOrEqual(1e-5);
});

test('stops between iterations when cancelled, leaving no tensors', async () => {
  const control = new AbortController();
  const onProgress = ({ iteration }: ProbeProgress): void => {
    if (iteration === 2) control.abort(new Error('enough'));
  };
  const work = leavingNoTensors(() => linearProbe({ ...settings, ...rows, regularization: 1, onProgress, signal: control.signal }));
  await expect(work).rejects.toThrow('enough');
});

test('says what is wrong', async () => {
  const before = memory().numTensors;
  const message = async (change: object): Promise<string> =>
    linearProbe({ ...settings, ...rows, regularization: 1, ...change }).then(String, String);
  expect(await message({ regularization: 0 })).toMatchInlineSnapshot(`"ArgumentError: linearProbe.regularization: received 0, expected a number above 0, or several. It is λ, scikit-learn's 1/C."`);
  expect(await message({ regularization: [] })).toMatchInlineSnapshot(`"ArgumentError: linearProbe.regularization: received [], expected a number above 0, or several. It is λ, scikit-learn's 1/C."`);
  expect(await message({ regularization: [1, -1] })).toMatchInlineSnapshot(`"ArgumentError: linearProbe.regularization: received [1,-1], expected a number above 0, or several. It is λ, scikit-learn's 1/C."`);
  expect(await message({ maximumIterations: 0 })).toMatchInlineSnapshot(`"ArgumentError: linearProbe.maximumIterations: received 0, expected a whole number above 0."`);
  expect(await message({ tolerance: 0 })).toMatchInlineSnapshot(`"ArgumentError: linearProbe.tolerance: received 0, expected a number above 0."`);
  expect(await message({ classes: 2 })).toMatchInlineSnapshot(`"ArgumentError: linearProbe.train.labels: received 2, expected classes of 0..1. Raise classes, the number of classes of the dataset."`);
  expect(await message({ classes: 1.5 })).toMatchInlineSnapshot(`"ArgumentError: linearProbe.classes: received 1.5, expected a whole number of 2 or more."`);
  expect(await message({ seed: -1, regularization: [1, 2] })).toMatchInlineSnapshot(`"ArgumentError: random.seed: received -1, expected a whole number of 0..2^53-1."`);
  expect(await message({ test: clusters(1, 5, { dimension: 3 }) })).toMatchInlineSnapshot(`"ShapeError: linearProbe: test is [5, 3], expected [N, D] = [N, 4] as in train. Take both from the same encoder and layer."`);
  const { values, dimension, labels } = rows.train;
  expect(await message({ train: { values, dimension } })).toMatchInlineSnapshot(`"ArgumentError: linearProbe.train.labels: received undefined, expected the class of every row. Its dataset has no labels."`);
  expect(await message({ test: { values, dimension, labels: labels.map(() => -1) } })).toMatchInlineSnapshot(`"ArgumentError: linearProbe.test.labels: received -1, expected the class of every row; 200 of 200 have none. Leave those rows out with selectFeatures."`);
  expect(await message({ train: { values, dimension, labels: labels.map(() => 5) } })).toMatchInlineSnapshot(`"ArgumentError: linearProbe.train.labels: received 5, expected two classes or more; all rows are of this one. The first part of a dataset often holds one class: take a mixed one."`);
  expect(await message({ train: { values: values.map((v, i) => (i === 5 ? Infinity : v)), dimension, labels } })).toMatchInlineSnapshot(`"ArgumentError: linearProbe.train.values: received Infinity, expected finite numbers; row 1 has another at dimension 1. The encoder that made them has diverged, or its input was not a number."`);
  expect(await message({ train: { values: values.map((v) => v * 3e37), dimension, labels } })).toMatchInlineSnapshot(`"DivergenceError: linearProbe: the gradient is beyond the numbers of float32. Set standardize: true."`);
  expect(memory().numTensors).toBe(before);
});
