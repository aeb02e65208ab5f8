import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeSafetensors, random } from '@kindred/core';
import { writeEmbeddings, writeIndex } from '@kindred/gallery/node';
import papaparse from 'papaparse';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { findClusters, findDuplicates, findOutliers, type NamedFeatures, openEmbeddings, readLabels, selectImages, writeCuration } from '../src/index.js';

const folder = mkdtempSync(join(tmpdir(), 'kindred-curation-'));

/** Noise of 12 images, of which the last two are copies of the first; their pixels are their embeddings. */
async function images(): Promise<NamedFeatures> {
  const draws = random(4);
  const names = Array.from({ length: 12 }, (_, i) => (i === 3 ? 'a "quoted", name.png' : `${i}.png`));
  const pixels = names.map(() => Uint8Array.from({ length: 4 * 4 * 3 }, () => draws.integer(256)));
  pixels[10] = pixels[0]!;
  pixels[11] = pixels[0]!.map((value) => Math.min(255, value + 2));
  for (const [i, data] of pixels.entries()) await sharp(data, { raw: { width: 4, height: 4, channels: 3 } }).png().toFile(join(folder, names[i]!));
  return { names, features: { values: Float32Array.from(pixels.flatMap((data) => [...data].map((value) => value - 128))), dimension: 48 } };
}

test('duplicates as CSV, with names as they are, and as a page', async () => {
  const given = await images();
  const found = await findDuplicates(given, { threshold: 0.99 });
  expect(found.summary).toBe('1 group of images with a cosine of 0.99 or more; 2 images of 12 could go if one of each group is kept.');
  const [out, page] = [join(folder, 'found.csv'), join(folder, 'found.html')];
  expect(await writeCuration(found, given, { out, page, folder })).toEqual({ unreadable: [] });
  const { data } = papaparse.parse<Record<string, string>>(readFileSync(out, 'utf8'), { header: true, skipEmptyLines: true });
  expect(data.map(({ group, name, keep }) => [group, name, keep])).toEqual([['1', '0.png', 'yes'], ['1', '10.png', 'no'], ['1', '11.png', 'no']]);
  expect(readFileSync(page, 'utf8').match(/data-name="[^"]+"/g)).toEqual(['data-name="0.png"', 'data-name="10.png"', 'data-name="11.png"']);
});

test('each kind has its records', async () => {
  const given = await images();
  const clusters = await findClusters(given, { count: 3, seed: 1 });
  expect(clusters.records.length).toBe(12);
  expect(Object.keys(clusters.records[0]!)).toEqual(['cluster', 'rank', 'name', 'similarity']);
  const outliers = await findOutliers(given, { k: 2, by: 'local', count: 5 });
  expect(outliers.records.map(({ rank }) => rank)).toEqual([1, 2, 3, 4, 5]);
  for (const by of ['diverse', 'k-means++', 'typical'] as const) {
    const { records } = await selectImages(given, { count: 4, by, seed: 1 });
    expect(new Set(records.map(({ name }) => name)).size).toBe(4);
  }
  // of images that are equal one is diverse enough
  const { records } = await selectImages(given, { count: 10, by: 'diverse', seed: 1 });
  expect(records.filter(({ name }) => ['0.png', '10.png', '11.png'].includes(String(name))).length).toBe(1);
});

test('by uncertainty: labels come from a CSV, and the likeliest class is told', async () => {
  const given = await images();
  const file = join(folder, 'labels.csv');
  writeFileSync(file, '\uFEFFlabel,name\r\nnoise,1.png\r\n"other, kind",2.png\r\n,4.png\r\nnoise,"a ""quoted"", name.png"\r\n');
  const labels = await readLabels(file, given);
  expect([...labels]).toEqual([['1.png', 'noise'], ['2.png', 'other, kind'], ['a "quoted", name.png', 'noise']]);
  const { records } = await selectImages(given, { count: 9, by: 'margin', labels, seed: 1 });
  expect(records.every(({ predicted }) => predicted === 'noise' || predicted === 'other, kind')).toBe(true);
  writeFileSync(file, 'name,label\nelsewhere.png,x\n');
  await expect(readLabels(file, given)).rejects.toThrow(/labels elsewhere\.png, which is not among the 12 images/);
  writeFileSync(file, 'file,class\n');
  await expect(readLabels(file, given)).rejects.toThrow(/has no column name and label, but file, class/);
});

test('JSON holds the same records; what cannot be written leaves nothing', async () => {
  const given = await images();
  const found = await findOutliers(given, { k: 2, by: 'distance', count: 3 });
  const out = join(folder, 'found.json');
  await writeCuration(found, given, { out });
  expect(JSON.parse(readFileSync(out, 'utf8')).images).toEqual(found.records);
  await expect(writeCuration(found, given, { out: join(folder, 'found.txt') })).rejects.toThrow(/ends in \.csv or \.json/);
  await expect(writeCuration(found, given, {})).rejects.toThrow(/--out or --page/);
  const before = readdirSync(folder);
  await expect(writeCuration(found, given, { out: join(folder, '0.png/x.csv') })).rejects.toThrow(/could not be written/);
  // images that are elsewhere: neither the page nor the file is written
  await expect(writeCuration(found, given, { out: join(folder, 'new.csv'), page: join(folder, 'new.html'), folder: '/nowhere' })).rejects.toThrow(/--images/);
  expect(readdirSync(folder)).toEqual(before);
});

test('one broken image is named, and has an empty tile', async () => {
  const given = await images();
  writeFileSync(join(folder, '10.png'), 'no image');
  const found = await findDuplicates(given, { threshold: 0.99 });
  const page = join(folder, 'broken.html');
  expect(await writeCuration(found, given, { page, folder })).toEqual({ unreadable: ['10.png'] });
  expect(readFileSync(page, 'utf8').match(/tile missing/g)!.length).toBe(1);
  expect(existsSync(page)).toBe(true);
});

test('embeddings are read as they were written, and so are the files and index folders of gallery', async () => {
  const { features: { values, dimension }, names } = await images();
  const labels = Int32Array.from(names, (_, i) => i % 2);
  const classes = ['a', 'b'];
  const file = join(folder, 'own.safetensors');
  const tensors = { embeddings: { shape: [names.length, dimension], values }, labels: { shape: [names.length], values: labels } };
  writeFileSync(file, encodeSafetensors(tensors, { names: JSON.stringify(names), folder, classes: JSON.stringify(classes), runFolder: '/run', step: '3' }));
  expect(await openEmbeddings(file)).toEqual({ features: { values, dimension, labels }, names, folder, classes, run: { folder: '/run' } });
  const sizes = new Int32Array(names.length).fill(4);
  const source = { weights: 'x', encoder: 'elsewhere', root: folder };
  const gallery = { source, dimension, values, ids: names, heights: sizes, widths: sizes, labels, classes, errors: [] };
  await writeEmbeddings(join(folder, 'gallery.safetensors'), gallery);
  expect(await openEmbeddings(join(folder, 'gallery.safetensors'))).toEqual({ features: { values, dimension, labels }, names, folder, classes });
  await writeIndex(join(folder, 'index'), gallery);
  const index = await openEmbeddings(join(folder, 'index'));
  expect([index.names, index.folder]).toEqual([names, folder]);
  expect((await findDuplicates(index, { threshold: 0.99 })).records.length).toBe(3);
});
