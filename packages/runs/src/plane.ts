/** Rows as points of a plane: UMAP of exact neighbours. */
import { random } from '@kindred/core';
import { countRows, type Features, nearestNeighbors, type NearestRows, selectFeatures } from '@kindred/evaluation';
import { UMAP } from 'umap-js';

/** Where UMAP puts rows whose neighbours, themselves first, are known. Fewer than four have no neighbourhood to keep: they are put in a row. */
export function planeOf({ values, dimension }: Features, { indices, similarities }: NearestRows): number[][] {
  const count = values.length / dimension;
  const found = indices.length / count;
  const k = Math.min(found, count - 1); // umap wants more rows than neighbours
  if (count < 4) return Array.from({ length: count }, (_, i) => [i, 0]);
  const rows = <T>(of: (start: number, end: number) => ArrayLike<T>): T[][] => Array.from({ length: count }, (_, i) => Array.from(of(i * found, i * found + k)));
  const stream = random(1).fork('umap');
  const umap = new UMAP({ nNeighbors: k, minDist: 0.1, random: () => stream.uniform() });
  const distances = rows((start, end) => similarities.slice(start, end).map((cosine) => Math.max(0, 1 - cosine)));
  umap.setPrecomputedKNN(rows((start, end) => indices.slice(start, end)), distances);
  const epochs = umap.initializeFit(Array.from({ length: count }, (_, i) => Array.from(values.subarray(i * dimension, (i + 1) * dimension))));
  for (let epoch = 0; epoch < epochs; epoch++) umap.step();
  return umap.getEmbedding();
}

/** Rows that UMAP itself places: 5,000 take about ten seconds. */
const most = 5000;

/** A plane of many rows: UMAP of up to 5,000 drawn by chance, the others at the mean place of their three nearest among these. */
export async function planeOfMany(features: Features): Promise<{ readonly places: Float32Array; readonly caption: string }> {
  const count = countRows(features);
  const drawn = count <= most ? Array.from({ length: count }, (_, i) => i) : [...random(1).fork('plane').permutation(count).slice(0, most)].sort((a, b) => a - b);
  const { values, dimension } = features;
  const train = count <= most ? { values, dimension } : selectFeatures({ values, dimension }, drawn);
  const k = Math.min(16, drawn.length);
  const plane = planeOf(train, await nearestNeighbors({ train, test: train, k, similarity: 'cosine' }));
  const places = new Float32Array(2 * count);
  const caption = `UMAP of ${drawn.length.toLocaleString('en')} images, ${k - 1} neighbours, cosine`;
  if (count <= most) {
    plane.forEach(([x, y], row) => places.set([x!, y!], 2 * row));
    return { places, caption };
  }
  const { indices } = await nearestNeighbors({ train, test: { values, dimension }, k: 3, similarity: 'cosine' });
  for (let row = 0; row < count; row++) {
    const near = [...indices.subarray(3 * row, 3 * row + 3)].map((at) => plane[at]!);
    places.set([0, 1].map((axis) => near.reduce((sum, place) => sum + place[axis]! / 3, 0)), 2 * row);
  }
  drawn.forEach((row, i) => places.set(plane[i]!, 2 * row));
  return { places, caption: `${caption}; the others near their nearest` };
}
