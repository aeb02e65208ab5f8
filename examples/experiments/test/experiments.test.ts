import { expect, test } from 'vitest';
import { experiments } from '../src/experiments/index.js';
import { markdownTable } from '../src/table.js';
import { settingsOf, type Variant } from '../src/variant.js';

const scales = ['small', 'full'] as const;

test.each(Object.entries(experiments).flatMap(([name, experiment]) => scales.map((scale) => [name, scale, experiment] as const)))(
  '%s, %s: every row is a run that the settings allow, under a name of its own',
  (_, scale, experiment) => {
    const rows = experiment.variants(scale);
    const names = rows.flatMap((row) => experiment.seeds.map((seed) => settingsOf(row, seed).name));
    expect(new Set(names).size).toBe(rows.length * experiment.seeds.length);
  },
);

test.each(scales)('%s: rows of one name in several experiments are the same run', (scale) => {
  const byLabel = new Map<string, Variant['settings']>();
  for (const row of Object.values(experiments).flatMap((experiment) => experiment.variants(scale))) {
    expect(byLabel.get(row.label) ?? row.settings).toEqual(row.settings);
    byLabel.set(row.label, row.settings);
  }
});

test('within an experiment rows differ in nothing but what their names say: method, views, data', () => {
  const budget = ({ settings: { encoder, optimizer, batchSize, epochs, monitor } }: Variant): unknown => ({ encoder, optimizer, batchSize, epochs, monitor });
  for (const experiment of Object.values(experiments)) {
    const [first, ...others] = experiment.variants('small').map(budget);
    others.forEach((other) => expect(other).toEqual(first));
  }
});

test('the table has a line a row and tells the deviation over seeds', () => {
  const table = markdownTable([
    { label: 'random weights', seeds: [], figures: [{ key: 'knn', label: 'kNN', value: 0.5, kind: 'share' }] },
    { label: 'nnclr', seeds: [1, 2], figures: [{ key: 'knn', label: 'kNN', value: 0.6, deviation: 0.012, kind: 'share' }], seconds: 90 },
  ]);
  expect(table).toMatchInlineSnapshot(`
    "|  | seeds | kNN | minutes |
    | --- | --- | ---: | ---: |
    | random weights |  | 50.0 |  |
    | nnclr | 1, 2 | 60.0 ± 1.2 | 1.5 |"
  `);
});
