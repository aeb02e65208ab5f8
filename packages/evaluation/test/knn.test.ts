import { random } from '@kindred/core';
import { expect, test } from 'vitest';
import { type Features, knn, type KnnOptions } from '../src/index.js';
import golden from './golden/knn.json' with { type: 'json' };
import { leavingNoTensors, onBackends } from './support/backends.js';
import { clusters, features, listed } from './support/rows.js';

const cosine = { similarity: 'cosine', weighting: 'exponential' } as const;
const uniform = { similarity: 'cosine', weighting: 'uniform' } as const;
const angle = (degrees: number): number[] => [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];

/** The votes of every class for one row, as loops over float64; all rows vote in order, ties are not expected. */
function votesByLoops(train: Features, row: readonly number[], options: KnnOptions): Map<number, number> {
  const length = (a: readonly number[]): number => Math.sqrt(a.reduce((sum, x) => sum + x * x, 0));
  const near = listed(train).map((other, index) => ({
    label: train.labels![index]!,
    s:
      options.similarity === 'cosine'
        ? other.reduce((sum, x, d) => sum + x * row[d]!, 0) / (length(row) * length(other))
        : -length(other.map((x, d) => x - row[d]!)),
  }));
  near.sort((a, b) => b.s - a.s);
  const votes = new Map<number, number>();
  for (const { label, s } of near.slice(0, options.k)) {
    votes.set(label, (votes.get(label) ?? 0) + (options.weighting === 'uniform' ? 1 : Math.exp(s / options.temperature!)));
  }
  return votes;
}

onBackends('knn', () => {
  test('one near neighbour outvotes two that are 60° away once exp(−½/T) is below ½, at T = 0.72', async () => {
    const train = features([angle(0), angle(60), angle(-60)], [0, 1, 1]);
    const test = features([[2, 0]], [0]);
    const options = { train, test, k: 3, classes: 2, ...cosine };
    expect((await knn({ ...options, temperature: 0.71 })).predictions[0]).toBe(0);
    expect((await knn({ ...options, temperature: 0.73 })).predictions[0]).toBe(1);
  });

  test('near 1 beats far 2 by distance, too, once exp(−5/T) is below ½, at T = 7.21', async () => {
    const train = features([[0, 0], [3, 4], [-4, 3]], [0, 1, 1]);
    const test = features([[0, 0]], [0]);
    const options = { train, test, k: 3, classes: 2, similarity: 'euclidean', weighting: 'exponential' } as const;
    expect((await knn({ ...options, temperature: 7.1 })).predictions[0]).toBe(0);
    expect((await knn({ ...options, temperature: 7.3 })).predictions[0]).toBe(1);
  });

  test.each([
    ['cosine', 'exponential', 0.07, 20],
    ['cosine', 'exponential', 0.5, 20],
    ['cosine', 'uniform', undefined, 1],
    ['euclidean', 'exponential', 0.5, 20],
    ['euclidean', 'uniform', undefined, 1],
  ] as const)('%s, %s, T = %s, k = %s equals votes counted in loops', async (similarity, weighting, temperature, k) => {
    const train = clusters(1, 150, { classes: 8, dimension: 5 });
    const test = clusters(2, 60, { classes: 8, dimension: 5 });
    const options = { train, test, k, similarity, weighting, temperature, classes: 8 };
    const result = await leavingNoTensors(() => knn(options));
    const ranked = listed(test).map((row) => [...votesByLoops(train, row, options)].sort(([, a], [, b]) => b - a));
    const hits = (places: number): number =>
      ranked.filter((order, i) => order.slice(0, places).some(([label]) => label === test.labels[i])).length / 60;
    expect([...result.predictions]).toEqual(ranked.map((order) => order[0]![0]));
    expect(result.accuracy).toBe(hits(1));
    expect(result.top5).toBe(hits(5));
    expect(result.accuracy).toBeGreaterThan(0.3); // chance is 0.125
    expect(result.accuracy).toBeLessThan(1);
  });

  test('predicts what scikit-learn predicts, with a class that no test row has', async () => {
    const part = ({ values, labels, dimension }: typeof golden.train): Features => ({
      values: Float32Array.from(values),
      labels: Int32Array.from(labels),
      dimension,
    });
    const [train, test] = [part(golden.train), part(golden.test)];
    expect(golden.test.labels).not.toContain(2);
    for (const { similarity, k, votes } of golden.cases) {
      for (const { temperature, predictions, accuracy } of votes) {
        const options = { k, temperature, similarity: similarity as 'cosine', weighting: 'exponential', classes: 4 } as const;
        const result = await knn({ train, test, ...options });
        expect([...result.predictions]).toEqual(predictions);
        expect(result.accuracy).toBeCloseTo(accuracy, 12);
      }
    }
  });

  test('finds the nearest class far from the origin, on both sides of it', async () => {
    const train = features([[-1000], [-999.9], [1000], [1000.1]], [0, 1, 0, 1]);
    const test = features([[1000.08], [-999.92], [1000.02], [-999.98]], [1, 1, 0, 0]);
    const { predictions } = await knn({ train, test, k: 1, similarity: 'euclidean', weighting: 'uniform', classes: 2 });
    expect([...predictions]).toEqual([1, 1, 0, 0]);
  });

  test('votes are the shares that scikit-learn gives each class', async () => {
    const part = ({ values, labels, dimension }: typeof golden.train): Features => ({ values: Float32Array.from(values), labels: Int32Array.from(labels), dimension });
    const [train, test] = [part(golden.train), part(golden.test)];
    for (const { similarity, k, votes } of golden.cases) {
      for (const { temperature, probabilities } of votes) {
        const found = await knn({ train, test, k, temperature, similarity: similarity as 'cosine', weighting: 'exponential' });
        expect([...found.classes]).toEqual([0, 1, 2, 3]);
        // within 2e-6: float32 cosines over T = 0.1
        probabilities.flat().forEach((share, i) => expect(Math.abs(found.votes[i]! - share)).toBeLessThan(2e-6));
      }
    }
  });

  test('classes may have any numbers', async () => {
    const rename = (of: Required<Features>): Features => ({ ...of, labels: of.labels.map((label) => 1_999_999_990 + 3 * label) });
    const [train, test] = [clusters(1, 150, { classes: 6 }), clusters(2, 60, { classes: 6 })];
    const options = { k: 9, temperature: 0.1, ...cosine } as const;
    const [plain, large] = [await knn({ train, test, ...options }), await knn({ train: rename(train), test: rename(test), ...options })];
    expect(large.accuracy).toBe(plain.accuracy);
    expect(large.top5).toBe(plain.top5);
    expect([...large.predictions]).toEqual([...plain.predictions].map((label) => 1_999_999_990 + 3 * label));
    expect(large.votes).toEqual(plain.votes);
  });

  test('equal votes go to the class with the nearest neighbour, not to the lowest number', async () => {
    const train = features([angle(10), angle(20), angle(-30), angle(40)], [3, 1, 1, 3]);
    const test = features([angle(0), angle(22)], [3, 1]);
    expect([...(await knn({ train, test, k: 4, classes: 4, ...uniform })).predictions]).toEqual([3, 1]);
  });

  test('among equal rows the first in train is the neighbour', async () => {
    const train = features([angle(90), angle(0), angle(0), angle(0)], [0, 2, 1, 0]);
    const result = await knn({ train, test: features([angle(0)], [2]), k: 1, classes: 3, ...uniform });
    expect([...result.predictions]).toEqual([2]);
  });

  test('a class without votes is not among the five, however few have votes', async () => {
    const train = features([angle(0), angle(5), angle(90)], [6, 5, 0]);
    const test = features([angle(0), angle(0)], [0, 5]);
    const result = await knn({ train, test, k: 2, classes: 7, ...uniform });
    expect(result.accuracy).toBe(0);
    expect(result.top5).toBe(0.5);
  });

  test('the sixth class by votes is not among the five', async () => {
    const train = features([0, 1, 2, 3, 4, 5, 6].map((i) => angle(10 * i)), [0, 1, 2, 3, 4, 5, 6]);
    const test = features([angle(0), angle(0)], [4, 5]);
    expect((await knn({ train, test, k: 7, classes: 7, temperature: 0.1, ...cosine })).top5).toBe(0.5);
  });

  test('there is no top 5 of five classes', async () => {
    const train = clusters(1, 30, { classes: 5 });
    expect(await knn({ train, test: train, k: 3, classes: 5, ...uniform })).not.toHaveProperty('top5');
  });

  test('two neighbours a little further outvote one, also where exp(similarity / T) itself leaves float64', async () => {
    // 2·exp(−½) is above 1; exp(−1000) is 0, exp(1 / 0.001) is Infinity
    const far = features([[1000, 0], [0, 1000.5], [0, -1000.5]], [0, 1, 1]);
    const options = { k: 3, classes: 2, weighting: 'exponential' } as const;
    const byDistance = await knn({ ...options, train: far, test: features([[0, 0]], [1]), similarity: 'euclidean', temperature: 1 });
    expect(byDistance.accuracy).toBe(1);
    const degrees = (Math.acos(0.9995) * 180) / Math.PI;
    const near = features([angle(0), angle(degrees), angle(-degrees)], [0, 1, 1]);
    const byAngle = await knn({ ...options, train: near, test: features([[1, 0]], [1]), similarity: 'cosine', temperature: 0.001 });
    expect(byAngle.accuracy).toBe(1);
  });

  test('labels that say nothing give chance', async () => {
    const shuffled = (of: Required<Features>, seed: number): Features => {
      const order = random(seed).permutation(of.labels.length);
      return { ...of, labels: of.labels.map((_, i) => of.labels[order[i]!]!) };
    };
    const options = { k: 10, classes: 4, temperature: 0.1, ...cosine };
    const [train, test] = [shuffled(clusters(1, 400, { classes: 4 }), 5), clusters(2, 400, { classes: 4 })];
    const { accuracy } = await knn({ train, test, ...options });
    // 400 draws at 1/4 deviate by 0.022
    expect(Math.abs(accuracy - 0.25)).toBeLessThan(0.09);
  });
});

test('says what is wrong', async () => {
  const good = clusters(1, 12);
  const message = async (change: object): Promise<string> =>
    knn({ train: good, test: good, k: 2, classes: 3, temperature: 0.1, ...cosine, ...change }).then(String, String);
  expect(await message({ temperature: undefined })).toMatchInlineSnapshot(`"ArgumentError: knn.temperature: received undefined, expected a number above 0, as weighting is 'exponential'."`);
  expect(await message({ temperature: 0 })).toMatchInlineSnapshot(`"ArgumentError: knn.temperature: received 0, expected a number above 0, as weighting is 'exponential'."`);
  expect(await message({ weighting: 'uniform' })).toMatchInlineSnapshot(`"ArgumentError: knn.temperature: received 0.1, expected none, as weighting is 'uniform'. Leave it out, or weight by 'exponential'."`);
  expect(await message({ weighting: 'distance' })).toMatchInlineSnapshot(`"ArgumentError: knn.weighting: received "distance", expected 'uniform' or 'exponential'."`);
  expect(await message({ k: 13 })).toMatchInlineSnapshot(`"ArgumentError: knn.k: received 13, expected a whole number of 1..12, the rows of train."`);
  expect(await message({ classes: 1 })).toMatchInlineSnapshot(`"ArgumentError: knn.classes: received 1, expected a whole number of 2 or more."`);
  expect(await message({ classes: 2 })).toMatchInlineSnapshot(`"ArgumentError: knn.train.labels: received 2, expected classes of 0..1. Raise classes, the number of classes of the dataset."`);
  const { values, dimension } = good;
  expect(await message({ train: { values, dimension } })).toMatchInlineSnapshot(`"ArgumentError: knn.train.labels: received undefined, expected the class of every row. Its dataset has no labels."`);
  const unknown = good.labels.map((label, i) => (i % 4 === 0 ? -1 : label));
  expect(await message({ test: { ...good, labels: unknown } })).toMatchInlineSnapshot(`"ArgumentError: knn.test.labels: received -1, expected the class of every row; 3 of 12 have none. Leave those rows out with selectFeatures."`);
  expect(await message({ train: { ...good, labels: good.labels.map(() => 2) } })).toMatchInlineSnapshot(`"ArgumentError: knn.train.labels: received 2, expected two classes or more; all rows are of this one. The first part of a dataset often holds one class: take a mixed one."`);
  expect(await message({ train: { ...good, values: good.values.map(() => NaN) } })).toMatchInlineSnapshot(`"ArgumentError: knn.train.values: received NaN, expected finite numbers; row 0 has another at dimension 0. The encoder that made them has diverged, or its input was not a number."`);
});
