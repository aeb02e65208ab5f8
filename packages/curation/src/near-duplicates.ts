/** Groups of images that are nearly the same. */
import { ArgumentError, matrixProduct } from '@kindred/core';
import type { Features, Watched } from '@kindred/evaluation';
import { dispose, tensor2d } from '@tensorflow/tfjs-core';
import { components } from './components.js';
import { checkRows, unitFeatures } from './rows.js';
import { turn } from './turn.js';

export interface NearDuplicatesOptions extends Watched {
  /** `[N, D]` */
  readonly features: Features;
  /**
   * Two rows are a pair if their cosine is at least this: above −1 and at most 1. No default, since it depends on the encoder. The package's
   * README has a table of precision and recall for planted duplicates; 0.95 to 0.99 is usual.
   */
  readonly threshold: number;
}

/** Rows that are connected by pairs. */
export interface DuplicateGroup {
  /** Two or more, in ascending order. */
  readonly rows: Int32Array;
  /** The cosine of each row with its nearest row in the group, threshold..1. */
  readonly similarities: Float32Array;
}

export interface NearDuplicates {
  /** Largest first; among equals the one with the lowest row. */
  readonly groups: readonly DuplicateGroup[];
  /** `[N]`, the group that each row belongs to, −1 if none. */
  readonly groupOf: Int32Array;
  /** The number of pairs that reach the threshold. */
  readonly pairs: number;
}

/**
 * Finds groups of near-duplicates: the connected components of the graph whose edges are the pairs with a cosine of at least `threshold`.
 * Every pair is compared, tile by tile. Any two rows of a group are linked by a chain of pairs, but the two ends of a chain may be less similar
 * than the threshold.
 *
 * Cosines are computed in float32 and are accurate to about 1e-7.
 *
 * @throws ArgumentError for a threshold out of range, values that are not finite, and a row of zeros.
 *
 * @example
 * const features = { values: Float32Array.of(1, 0, 0, 1, 1, 0.01), dimension: 2 };
 * (await nearDuplicates({ features, threshold: 0.99 })).groups[0]!.rows; // => [0, 2]
 */
export async function nearDuplicates({ features, threshold, onProgress, signal }: NearDuplicatesOptions): Promise<NearDuplicates> {
  if (!(threshold > -1 && threshold <= 1)) throw new ArgumentError('nearDuplicates.threshold', 'a cosine above −1, at most 1', threshold);
  const count = checkRows('nearDuplicates', features);
  const { dimension } = features;
  const units = unitFeatures('nearDuplicates', features);
  const starts = Array.from({ length: Math.ceil(count / tileRows) }, (_, tile) => tile * tileRows);
  const tiles = starts.map((start) => {
    const values = units.subarray(start * dimension, Math.min(start + tileRows, count) * dimension);
    return tensor2d(values, [values.length / dimension, dimension]);
  });
  const sets = components(count);
  const nearest = new Float32Array(count).fill(-Infinity);
  let pairs = 0;
  try {
    for (const [first, a] of tiles.entries()) {
      for (const [second, b] of tiles.entries()) {
        if (second < first) continue; // count each pair once
        await turn(signal);
        const product = matrixProduct(a, b, false, true);
        const cosines = await product.data<'float32'>().finally(() => product.dispose());
        const [height, width] = [a.shape[0], b.shape[0]];
        for (let i = 0; i < height; i++) {
          for (let j = first === second ? i + 1 : 0; j < width; j++) {
            const cosine = cosines[i * width + j]!;
            if (cosine < threshold - roundOff) continue;
            pairs++;
            const [x, y] = [starts[first]! + i, starts[second]! + j];
            sets.join(x, y);
            nearest[x] = Math.max(nearest[x]!, cosine);
            nearest[y] = Math.max(nearest[y]!, cosine);
          }
        }
      }
      onProgress?.(Math.min(starts[first]! + tileRows, count), count);
    }
  } finally {
    dispose(tiles);
  }
  const groups = sets
    .groups()
    .filter((members) => members.length > 1)
    .sort((a, b) => b.length - a.length || a[0]! - b[0]!)
    .map((members) => ({ rows: members, similarities: Float32Array.from(members, (row) => Math.min(1, nearest[row]!)) }));
  const groupOf = new Int32Array(count).fill(-1);
  groups.forEach((group, i) => group.rows.forEach((row) => (groupOf[row] = i)));
  return { groups, groupOf, pairs };
}

/** Rows per tile: the cosines between two tiles take 32 MiB. Even, so that `matrixProduct` does not have to pad them. */
const tileRows = 2896;

/** Equal rows have a cosine of 1 within this tolerance, so that a threshold of 1 finds them. */
const roundOff = 5e-7;
