import { expect, test } from 'vitest';
import { type Features, similarityHistograms } from '../src/index.js';
import golden from './golden/measures.json' with { type: 'json' };
import { leavingNoTensors, onBackends } from './support/backends.js';
import { clusters, features, listed } from './support/rows.js';

const part = ({ values, labels, dimension }: typeof golden.histograms.first): Required<Pick<Features, 'labels'>> & Features => ({
  values: Float32Array.from(values),
  labels: Int32Array.from(labels),
  dimension,
});

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]): number => x.reduce((sum, value, d) => sum + value * y[d]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

onBackends('similarityHistograms', () => {
  test('of three views: their other views are positive, the six pairs of strangers negative', async () => {
    const first = features([[1, 0], [0, 1], [-1, 0]]);
    const second = features([[2, 0], [0.6, 0.8], [0.6, -0.8]]);
    const { edges, positive, negative } = await leavingNoTensors(() => similarityHistograms({ of: [first, second], bins: 4 }));
    expect(edges).toEqual([-1, -0.5, 0, 0.5, 1]);
    // 1, 0.8, −0.6
    expect(positive.counts).toEqual([1, 0, 0, 2]);
    expect(positive.mean).toBeCloseTo(0.4, 6);
    // 0.6, 0.6 of the first; 0, −0.8 of the second; −1, −0.6 of the third
    expect(negative.counts).toEqual([3, 0, 1, 2]);
    expect(negative.mean).toBeCloseTo(-0.2, 6);
  });

  test('of labels: each pair of rows once, none with itself', async () => {
    const rows = features([[1, 0], [3, 0], [0, 1], [-1, 0]], [5, 5, 5, 2]);
    const { positive, negative } = await similarityHistograms({ of: rows, bins: 2 });
    expect(positive).toEqual({ counts: [0, 3], mean: expect.closeTo(1 / 3, 6) });
    expect(negative).toEqual({ counts: [2, 1], mean: expect.closeTo(-2 / 3, 6) });
  });

  test('counts what numpy counts', async () => {
    const { bins, byLabels, byViews } = golden.histograms;
    const first = part(golden.histograms.first);
    const second = { values: Float32Array.from(golden.histograms.second), dimension: first.dimension };
    for (const [of, wanted] of [[first, byLabels], [[first, second] as const, byViews]] as const) {
      const found = await similarityHistograms({ of, bins });
      for (const kind of ['positive', 'negative'] as const) {
        expect(found[kind].counts).toEqual(wanted[kind].counts);
        expect(found[kind].mean).toBeCloseTo(wanted[kind].mean, 6);
      }
    }
  });

  test('equals loops over float64, in more than one block of rows', async () => {
    // 2²² / 2,100 rows: blocks of 1,997 and 103
    const rows = clusters(3, 2_100, { dimension: 3 });
    const list = listed(rows);
    const seen: number[] = [];
    const { positive, negative } = await leavingNoTensors(() =>
      similarityHistograms({ of: rows, bins: 1, onProgress: (done, total) => void seen.push(done, total) }),
    );
    expect(seen).toEqual([1_997, 2_100, 2_100, 2_100]);
    let [sum, count] = [0, 0];
    for (let i = 0; i < list.length; i++) {
      for (let j = i + 1; j < list.length; j += 1) {
        if (rows.labels[i] !== rows.labels[j]) continue;
        sum += cosine(list[i]!, list[j]!);
        count++;
      }
    }
    expect(positive.counts).toEqual([count]);
    expect(negative.counts).toEqual([(2_100 * 2_099) / 2 - count]);
    expect(positive.mean).toBeCloseTo(sum / count, 6);
  });
});

test('equal rows are in the last bin, opposite ones in the first, whatever rounding does', async () => {
  const rows = features([[0.1, 0.7, 0.3], [-0.1, -0.7, -0.3], [0.3, 2.1, 0.9]], [1, 2, 1]);
  const { positive, negative } = await similarityHistograms({ of: rows, bins: 1000 });
  expect([positive.counts[999], positive.counts.length]).toEqual([1, 1000]);
  expect(negative.counts[0]).toBe(2);
});

test('stops when told', async () => {
  const stop = { aborted: true, reason: new Error('enough') };
  await leavingNoTensors(() => expect(similarityHistograms({ of: clusters(1, 9), bins: 3, signal: stop })).rejects.toThrow('enough'));
});

test('says what is wrong', async () => {
  const good = clusters(1, 6);
  const message = (of: Parameters<typeof similarityHistograms>[0]['of'], bins = 4): Promise<string> => similarityHistograms({ of, bins }).then(String, String);
  const values = good.values.slice();
  values[9] = NaN;
  expect(await message(good, 0)).toMatchInlineSnapshot(`"ArgumentError: similarityHistograms.bins: received 0, expected a whole number above 0."`);
  expect(await message({ ...good, values })).toMatchInlineSnapshot(`"ArgumentError: similarityHistograms.of.values: received NaN, expected finite numbers; row 2 has another at dimension 1. The encoder that made them has diverged, or its input was not a number."`);
  expect(await message([good, { ...good, values }])).toMatchInlineSnapshot(`"ArgumentError: similarityHistograms.of[1].values: received NaN, expected finite numbers; row 2 has another at dimension 1. The encoder that made them has diverged, or its input was not a number."`);
  expect(await message([good, clusters(1, 5)])).toMatchInlineSnapshot(`"ArgumentError: similarityHistograms.of[1]: received 5, expected 6 rows, the other views of those of of[0]."`);
  expect(await message([good, clusters(1, 6, { dimension: 3 })])).toMatchInlineSnapshot(`"ShapeError: similarityHistograms: of[1] is [6, 3], expected [N, D] = [N, 4] as in of[0]. Take both from the same encoder and layer."`);
  expect(await message([clusters(1, 1), clusters(1, 1)])).toMatchInlineSnapshot(`"ArgumentError: similarityHistograms.of: received 1, expected two samples or more, for a negative pair."`);
  expect(await message({ values: good.values, dimension: 4 })).toMatchInlineSnapshot(`"ArgumentError: similarityHistograms.of.labels: received undefined, expected the class of every row. Its dataset has no labels."`);
  expect(await message({ ...good, labels: new Int32Array(6) })).toMatchInlineSnapshot(`"ArgumentError: similarityHistograms.of.labels: received 0, expected two classes or more; all rows are of this one. The first part of a dataset often holds one class: take a mixed one."`);
  expect(await message({ ...good, labels: Int32Array.of(0, 1, 2, 3, 4, 5) })).toMatchInlineSnapshot(`"ArgumentError: similarityHistograms.of.labels: received "6 classes of one row each", expected two rows of one class, for a positive pair."`);
  expect(await message({ ...good, labels: Int32Array.of(0, 0, 1, -1, 1, 1) })).toMatchInlineSnapshot(`"ArgumentError: similarityHistograms.of.labels: received -1, expected the class of every row; 1 of 6 have none. Leave those rows out with selectFeatures."`);
});
