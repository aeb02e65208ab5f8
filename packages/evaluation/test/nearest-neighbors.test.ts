import { random } from '@kindred/core';
import { expect, test } from 'vitest';
import { type Features, nearestNeighbors, type Similarity } from '../src/index.js';
import { search } from '../src/nearest-neighbors.js';
import golden from './golden/knn.json' with { type: 'json' };
import { leavingNoTensors, onBackends, started } from './support/backends.js';
import { clusters, features, listed } from './support/rows.js';

/** All rows of train in the order of their similarity to one row, as loops over float64. */
function ranking(train: Features, row: readonly number[], similarity: Similarity): { index: number; value: number }[] {
  const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, d) => sum + x * b[d]!, 0);
  return listed(train)
    .map((other, index) => ({
      index,
      value:
        similarity === 'cosine'
          ? dot(row, other) / Math.sqrt(dot(row, row) * dot(other, other))
          : -Math.sqrt(other.reduce((sum, x, d) => sum + (x - row[d]!) ** 2, 0)),
    }))
    .sort((a, b) => b.value - a.value || a.index - b.index);
}

onBackends('nearestNeighbors', () => {
  test('finds 3-4-5 triangles', async () => {
    const train = features([[0, 0], [3, 4], [6, 8]]);
    const test = features([[0, 0]]);
    const { indices, similarities } = await nearestNeighbors({ train, test, k: 3, similarity: 'euclidean' });
    expect([...indices]).toEqual([0, 1, 2]);
    expect(similarities[0]).toBeCloseTo(0, 5);
    expect(similarities[1]).toBeCloseTo(-5, 5);
    expect(similarities[2]).toBeCloseTo(-10, 5);
  });

  test.each(['cosine', 'euclidean'] as const)('equals a %s sort of all rows', async (similarity) => {
    const train = clusters(1, 200, { dimension: 7 });
    const test = clusters(2, 30, { dimension: 7 });
    const found = await leavingNoTensors(() => nearestNeighbors({ train, test, k: 11, similarity }));
    listed(test).forEach((row, i) => {
      const wanted = ranking(train, row, similarity).slice(0, 11);
      expect([...found.indices.subarray(i * 11, (i + 1) * 11)]).toEqual(wanted.map(({ index }) => index));
      // within 5e-6: float32 products of rows some 3 long; neighbours are further apart than that
      wanted.forEach(({ value }, j) => expect(found.similarities[i * 11 + j]).toBeCloseTo(value, 5));
    });
  });

  test('keeps distances apart that are small beside their distance from the origin', async () => {
    // 1,000 ± 1: without centring, |a|² is 4e6 and a float32 of it errs by 0.25
    const train = clusters(1, 100, { offset: 1000 });
    const test = clusters(2, 20, { offset: 1000 });
    const { indices } = await nearestNeighbors({ train, test, k: 3, similarity: 'euclidean' });
    const wanted = listed(test).flatMap((row) => ranking(train, row, 'euclidean').slice(0, 3));
    expect([...indices]).toEqual(wanted.map(({ index }) => index));
  });

  test('finds the nearest of rows that lie on both sides of the origin, far from it', async () => {
    // the mean is 0, so that centring does not help: a float32 of |a|² = 1e6 errs by 0.06, the squared distances are 0.0004 and 0.01
    const train = features([[-1000], [-999.9], [1000], [1000.1]]);
    const test = features([[1000.08], [-999.92], [1000.02], [-999.98]]);
    const { indices, similarities } = await leavingNoTensors(() => nearestNeighbors({ train, test, k: 1, similarity: 'euclidean' }));
    expect([...indices]).toEqual([3, 1, 2, 0]);
    [1000.1 - 1000.08, 0.02, 0.02, 0.02].forEach((distance, i) => expect(Math.abs(similarities[i]! + distance)).toBeLessThan(1e-4)); // float32 has steps of 6e-5 there
  });

  test.each([1, 5, 40])('equals a sort by float64 distances, ties and rows far apart included, k = %s', async (k) => {
    const draws = random(8);
    const far = (count: number): Features => features(Array.from({ length: count }, (_, i) => [0, 1, 2].map((d) => (d === 0 ? 1000 * (i % 2 ? 1 : -1) : 0) + draws.integer(12) / 8)));
    const [train, test] = [far(120), far(25)]; // on a lattice: many rows are equally far, and some are the same
    const { indices, similarities } = await leavingNoTensors(() => nearestNeighbors({ train, test, k, similarity: 'euclidean' }));
    listed(test).forEach((row, i) => {
      const wanted = ranking(train, row, 'euclidean').slice(0, k);
      expect([...indices.subarray(i * k, (i + 1) * k)]).toEqual(wanted.map(({ index }) => index));
      wanted.forEach(({ value }, j) => expect(similarities[i * k + j]).toBe(Math.fround(value)));
    });
  });

  test('finds what scikit-learn finds', async () => {
    const train = { dimension: golden.train.dimension, values: Float32Array.from(golden.train.values) };
    const test = { dimension: golden.test.dimension, values: Float32Array.from(golden.test.values) };
    for (const { similarity, k, indices, distances } of golden.cases as (typeof golden.cases[number] & { similarity: Similarity })[]) {
      const found = await nearestNeighbors({ train, test, k, similarity });
      expect([...found.indices]).toEqual(indices);
      // its cosine distance is 1 − cosine, its distances are rounded to 5e-8 in the file
      const wanted = distances.map((distance) => (similarity === 'cosine' ? 1 - distance : -distance));
      wanted.forEach((value, i) => expect(found.similarities[i]).toBeCloseTo(value, similarity === 'cosine' ? 6 : 5));
    }
  });

  test('ranks equally near rows by their place in train', async () => {
    const train = features([[0, 1], [2, 0], [1, 0], [3, 0], [0, 1], [1, 0]]);
    const { indices } = await nearestNeighbors({ train, test: features([[1, 0]]), k: 6, similarity: 'cosine' });
    expect([...indices]).toEqual([1, 2, 3, 5, 0, 4]);
  });

  test('takes rows of length 0: their cosine is 0', async () => {
    const train = features([[-1, 0], [0, 0], [1, 0]]);
    const { indices } = await nearestNeighbors({ train, test: features([[5, 0]]), k: 3, similarity: 'cosine' });
    expect([...indices]).toEqual([2, 1, 0]);
  });

  test.each(['cosine', 'euclidean'] as const)('gives the same %s neighbours in blocks of any size', async (similarity) => {
    const [train, test] = [clusters(1, 50), clusters(2, 17)];
    const whole = await search({ train, test, k: 4, similarity });
    for (const atATime of [1, 50, 250, 800]) {
      const seen: [number, number][] = [];
      const options = { train, test, k: 4, similarity, onProgress: (...at: [number, number]) => seen.push(at) };
      const blocks = await leavingNoTensors(() => search(options, atATime));
      expect(blocks.indices).toEqual(whole.indices);
      blocks.similarities.forEach((value, i) => expect(value).toBeCloseTo(whole.similarities[i]!, 5));
      expect(seen).toHaveLength(Math.ceil(17 / Math.max(1, Math.floor(atATime / 50))));
      expect(seen.at(-1)).toEqual([17, 17]);
    }
  });

  test('stops between blocks when cancelled, with the reason given, leaving no tensors', async () => {
    const [train, test] = [clusters(1, 50), clusters(2, 17)];
    const control = new AbortController();
    let calls = 0;
    const onProgress = (): void => {
      if (++calls === 2) control.abort(new Error('enough'));
    };
    const work = leavingNoTensors(() =>
      search({ train, test, k: 4, similarity: 'euclidean', onProgress, signal: control.signal }, 50),
    );
    await expect(work).rejects.toThrow('enough');
    expect(calls).toBe(2);
  });
});

test('lets timers run between blocks', async () => {
  const [train, test] = [clusters(1, 50), clusters(2, 17)];
  let ticks = 0;
  const timer = setInterval(() => ticks++, 0);
  await search({ train, test, k: 4, similarity: 'cosine' }, 50);
  clearInterval(timer);
  expect(ticks).toBeGreaterThan(5);
});

test.runIf(started === 'tensorflow')('takes thousands of rows', async () => {
  const train = clusters(1, 20_000, { dimension: 16 });
  const test = clusters(2, 1_000, { dimension: 16 });
  const { indices } = await nearestNeighbors({ train, test, k: 3, similarity: 'cosine' });
  for (const row of [0, 500, 999]) {
    const wanted = ranking(train, listed(test)[row]!, 'cosine').slice(0, 3);
    expect([...indices.subarray(row * 3, row * 3 + 3)]).toEqual(wanted.map(({ index }) => index));
  }
});

test('says what is wrong', async () => {
  const good = clusters(1, 5);
  const message = async (change: object): Promise<string> =>
    nearestNeighbors({ train: good, test: good, k: 2, similarity: 'cosine', ...change }).then(String, String);
  expect(await message({ k: 6 })).toMatchInlineSnapshot(`"ArgumentError: nearestNeighbors.k: received 6, expected a whole number of 1..5, the rows of train."`);
  expect(await message({ k: 0 })).toMatchInlineSnapshot(`"ArgumentError: nearestNeighbors.k: received 0, expected a whole number of 1..5, the rows of train."`);
  expect(await message({ similarity: 'dot' })).toMatchInlineSnapshot(`"ArgumentError: nearestNeighbors.similarity: received "dot", expected 'cosine' or 'euclidean'."`);
  expect(await message({ test: clusters(1, 5, { dimension: 3 }) })).toMatchInlineSnapshot(`"ShapeError: nearestNeighbors: test is [5, 3], expected [N, D] = [N, 4] as in train. Take both from the same encoder and layer."`);
  const values = good.values.slice();
  values[9] = NaN;
  expect(await message({ train: { ...good, values } })).toMatchInlineSnapshot(`"ArgumentError: nearestNeighbors.train.values: received NaN, expected finite numbers; row 2 has another at dimension 1. The encoder that made them has diverged, or its input was not a number."`);
  values[9] = -Infinity;
  expect(await message({ test: { ...good, values } })).toMatchInlineSnapshot(`"ArgumentError: nearestNeighbors.test.values: received -Infinity, expected finite numbers; row 2 has another at dimension 1. The encoder that made them has diverged, or its input was not a number."`);
  expect(await message({ test: { ...good, values: new Float32Array(0) } })).toMatchInlineSnapshot(`"ArgumentError: nearestNeighbors.test.values.length: received 0, expected a multiple of dimension (4) above 0."`);
  expect(await message({ test: { ...good, values: new Float32Array(7) } })).toMatchInlineSnapshot(`"ArgumentError: nearestNeighbors.test.values.length: received 7, expected a multiple of dimension (4) above 0."`);
  expect(await message({ test: { ...good, labels: Int32Array.of(1) } })).toMatchInlineSnapshot(`"ArgumentError: nearestNeighbors.test.labels.length: received 1, expected 5, one for each row."`);
});
