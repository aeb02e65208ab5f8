import { random } from '@kindred/core';
import type { Features } from '@kindred/evaluation';
import { describe, expect, test } from 'vitest';
import type * as z from 'zod';
import { checkSettings, evaluateFeatures, EvaluationSettings, type ProbeResult } from '../src/index.js';

/** Three overlapping classes. */
function rows(seed: number, count: number): Required<Pick<Features, 'values' | 'dimension' | 'labels'>> {
  const draws = random(seed);
  const labels = Int32Array.from({ length: count }, (_, i) => i % 3);
  return { dimension: 3, labels, values: Float32Array.from({ length: 3 * count }, (_, i) => (i % 3 === labels[Math.floor(i / 3)] ? 1 : 0) + 0.8 * draws.normal()) };
}
const data = { train: rows(1, 300), test: rows(2, 200) };
const evaluated = (given: z.input<typeof EvaluationSettings>): Promise<ProbeResult[]> =>
  evaluateFeatures(data, checkSettings('e', EvaluationSettings, { regularization: [1, 100], ...given }));

describe('evaluateFeatures', () => {
  test('averages draws of a share of the labels: those of the seeds seed, seed + 1, ...', async () => {
    const [all] = await evaluated({ fractions: [0.1], draws: 3, seed: 4 });
    const single = (await Promise.all([4, 5, 6].map((seed) => evaluated({ fractions: [0.1], draws: 1, seed })))).map(([result]) => result!);
    for (const probe of ['knn', 'linear'] as const) {
      const values = single.map((result) => result[probe]!.mean);
      expect(new Set(values).size).toBeGreaterThan(1);
      const mean = values.reduce((sum, value) => sum + value) / 3;
      expect(all![probe]!.mean).toBeCloseTo(mean, 12);
      expect(all![probe]!.deviation).toBeCloseTo(Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 2), 12);
    }
    expect(all).toMatchObject({ fraction: 0.1, labels: 30, draws: 3, k: 20, regularization: single.flatMap(({ regularization }) => regularization) });
  });

  test('takes all labels once, whatever the draws', async () => {
    const [all] = await evaluated({ fractions: [1], draws: 5 });
    expect(all).toMatchObject({ labels: 300, draws: 1 });
    expect([all!.knn!.deviation, all!.linear!.deviation]).toEqual([0, 0]);
  });

  test('measures only what is asked for', async () => {
    const [result] = await evaluated({ probes: ['linear'], fractions: [1] });
    expect(Object.keys(result!)).toEqual(['fraction', 'labels', 'draws', 'linear', 'regularization']);
    expect(await evaluated({ probes: ['retrieval'] })).toEqual([]);
  });

  test('refuses features without labels', async () => {
    const { values, dimension } = data.test;
    await expect(evaluateFeatures({ train: data.train, test: { values, dimension } }, checkSettings('e', EvaluationSettings, {}))).rejects.toThrowErrorMatchingInlineSnapshot(`[DataError: evaluate: the data has no labels. Probes need the classes of training and test images.]`);
  });
});
