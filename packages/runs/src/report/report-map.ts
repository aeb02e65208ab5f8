/** Images as points of a plane, near where their embeddings are: UMAP of exact neighbours. */
import { random } from '@kindred/core';
import { countRows, type Features, nearestNeighbors, type NearestRows } from '@kindred/evaluation';
import type { EmbeddingMap } from '@kindred/report';
import { planeOf } from '../plane.js';

/** Neighbours that shape the plane (umap's default), and those that are shown of each image. */
const [shaping, shown] = [15, 10];
/** Images whose neighbours the page lists. */
const listed = 10;

/** A map of test or training images, as `kind` says, but for the images. The same features give the same map. */
export async function mapOf(features: Features, kind: string, classes: readonly string[] | undefined): Promise<Omit<EmbeddingMap, 'sheet'>> {
  const count = countRows(features);
  const { labels, sampleIds } = features;
  const found = await nearestNeighbors({ train: features, test: features, k: Math.min(shaping + 1, count), similarity: 'cosine' });
  const plane = planeOf(features, found);
  return {
    caption: `UMAP of ${count.toLocaleString('en')} ${kind} images, ${Math.min(shaping, count - 1)} neighbours, cosine`,
    x: plane.map(([x]) => x!),
    y: plane.map(([, y]) => y!),
    sampleIds: [...(sampleIds ?? Array.from({ length: count }, (_, i) => i))],
    ...(labels && { labels: [...labels] }),
    ...(classes && { classes }),
    neighbors: others(found, count, shown),
    chosen: chosen(labels, count),
  };
}

/** The nearest of every row but itself. */
function others({ indices }: NearestRows, count: number, most: number): number[][] {
  const k = indices.length / count;
  return Array.from({ length: count }, (_, row) =>
    [...indices.subarray(row * k, (row + 1) * k)].filter((other) => other !== row).slice(0, most),
  );
}

/** Images of all classes in turn, as many as are listed. */
function chosen(labels: Int32Array | undefined, count: number): number[] {
  const order = random(1).fork('chosen').permutation(count);
  const groups = new Map<number, number[]>();
  for (const at of order) {
    const label = labels?.[at] ?? -1;
    groups.set(label, [...(groups.get(label) ?? []), at]);
  }
  const turns = [...groups].sort(([a], [b]) => a - b).map(([, members]) => members);
  const result: number[] = [];
  for (let round = 0; result.length < Math.min(listed, count); round++) {
    for (const members of turns) if (round < members.length && result.length < listed) result.push(members[round]!);
  }
  return result;
}
