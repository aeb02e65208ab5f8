/** The neighbours of a few images at each measurement: the same images throughout a run, so that one sees what it learns. */
import { type Features, nearestNeighbors, selectFeatures } from '@kindred/evaluation';

/** Some samples, and for each the nearest of others, nearest first. Numbers are those of the dataset. */
export interface FollowedNeighbors {
  readonly sampleIds: readonly number[];
  readonly neighborIds: readonly (readonly number[])[];
  /** Cosines of the backbone's features. */
  readonly similarities: readonly (readonly number[])[];
}

/** How many images are followed: one of each class, of the first ten. */
const images = 10;
/** Neighbours of each. */
const neighbors = 6;

/** Which rows are followed, and among which their neighbours are looked for. */
export interface FollowedRows {
  readonly queries: Int32Array;
  readonly others: Int32Array;
}

/**
 * The first row of each class among those that no vote knows; without classes the first rows of all. Undefined where too few are left.
 *
 * @param size How many rows there are.
 * @param parts Rows that vote and rows that are classified, if there are classes.
 */
export function rowsToFollow(size: number, labels: Int32Array | undefined, parts: { readonly rest: Int32Array; readonly held: Int32Array } | undefined): FollowedRows | undefined {
  const firsts = new Map<number, number>();
  for (const row of parts?.held ?? []) if (!firsts.has(labels![row]!)) firsts.set(labels![row]!, row);
  const chosen = parts ? [...firsts].sort(([a], [b]) => a - b).map(([, row]) => row) : Array.from({ length: size }, (_, row) => row);
  const queries = Int32Array.from(chosen.slice(0, images));
  const others = parts?.rest ?? Int32Array.from({ length: Math.max(0, size - queries.length) }, (_, i) => queries.length + i);
  return others.length < neighbors ? undefined : { queries, others };
}

/** Looks the neighbours up. `sampleIds` says which samples the rows are. */
export async function followNeighbors(features: Features, { queries, others }: FollowedRows, sampleIds: Int32Array): Promise<FollowedNeighbors> {
  const [test, train] = [selectFeatures(features, queries), selectFeatures(features, others)];
  const { indices, similarities } = await nearestNeighbors({ train, test, k: neighbors, similarity: 'cosine' });
  const each = <T>(of: (at: number) => T): T[][] => Array.from(queries, (_, q) => Array.from({ length: neighbors }, (_, i) => of(q * neighbors + i)));
  return {
    sampleIds: Array.from(queries, (row) => sampleIds[row]!),
    neighborIds: each((at) => sampleIds[others[indices[at]!]!]!),
    similarities: each((at) => similarities[at]!),
  };
}
