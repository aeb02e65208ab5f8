import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { curvesOf, drawCurves } from '../src/curves.js';
import { emojiFiles } from '../src/emoji.js';
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

test('within an experiment that is no search rows differ in nothing but what their names say: method, views, data', () => {
  const budget = ({ settings: { encoder, optimizer, batchSize, epochs, monitor } }: Variant): unknown => ({ encoder, optimizer, batchSize, epochs, monitor });
  for (const experiment of Object.values(experiments).filter(({ heldOut }) => heldOut === undefined)) {
    const [first, ...others] = experiment.variants('small').map(budget);
    others.forEach((other) => expect(other).toEqual(first));
  }
});

test('curves are means over the runs of a row, as far as all of them are, and are drawn', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kindred-curves-'));
  const write = (name: string, knn: readonly number[]): string => {
    const path = join(folder, name);
    mkdirSync(path);
    const step = (at: number): object => ({ step: at, epoch: Math.floor((at - 1) / 2), loss: 1, learningRate: 0.1, samplesPerSecond: 1, waiting: 0, diagnostics: { neighborPurity: at / 10 } });
    writeFileSync(join(path, 'metrics.jsonl'), [1, 2, 3, 4].map((at) => `${JSON.stringify(step(at))}\n`).join(''));
    writeFileSync(join(path, 'monitor.jsonl'), knn.map((value, i) => `${JSON.stringify({ step: 2 * i, epoch: i, values: { knn: value } })}\n`).join(''));
    return path;
  };
  const curves = await curvesOf('nnclr', [write('one', [0.1, 0.2, 0.4]), write('two', [0.3, 0.4])]);
  expect(curves.accuracy.points.map(([epoch, percent]) => [epoch, Math.round(percent)])).toEqual([[0, 20], [1, 30]]);
  expect(curves.purity.points.map(([epoch, percent]) => [epoch, Math.round(percent)])).toEqual([[0.5, 15], [1.5, 35]]);
  const picture = drawCurves([curves]);
  for (const text of ['<svg', 'kNN on training images set aside, %', 'neighbours of the image', 'nnclr', 'epoch']) expect(picture).toContain(text);
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

test('emoji: every third in their order is for testing; none without a picture, and no tones of skin', () => {
  const about = [3, 1, 2, 5, 4].map((sort_order) => ({ sort_order, image: `${sort_order}.png`, category: sort_order === 4 ? 'Component' : 'Flags', has_img_google: sort_order !== 5 }));
  const pictures = [1, 2, 3, 4, 5].map((order): [string, Buffer] => [`${order}.png`, Buffer.of(order)]);
  const files = emojiFiles(new Map([['emoji.json', Buffer.from(JSON.stringify(about))], ...pictures, ['1-tone.png', Buffer.of(9)]]));
  expect(Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, bytes[0]]))).toEqual({ 'train/Flags/1.png': 1, 'train/Flags/2.png': 2, 'test/Flags/3.png': 3 });
  expect(() => emojiFiles(new Map(pictures))).toThrowErrorMatchingInlineSnapshot(`[DataError: emoji: emoji-datasource-google has no emoji.json. Is it another version?]`);
});
