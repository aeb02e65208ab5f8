/** Miners: which triplets of an anchor count. */
import { checkOneOf } from './checks.js';

/** What a miner sees of an anchor: only distances, so that it works with classes and with single samples. */
export interface MiningDistances {
  /** The distance to each of its positives; at least one. */
  readonly positives: Float32Array;
  /** The distance to each of its negatives; at least one. */
  readonly negatives: Float32Array;
}

/**
 * Chooses the triplets of one anchor: it calls `take` once for each, with the positions of the positive and the negative in the
 * two lists. An anchor without triplets does not count.
 *
 * @example
 * // a miner of your own: the nearest positive against the farthest negative
 * const easiest: Miner = ({ positives, negatives }, take) =>
 *   take(positives.indexOf(Math.min(...positives)), negatives.indexOf(Math.max(...negatives)));
 * const loss = tripletMargin({ margin: 1, distance: 'euclidean', miner: easiest });
 * const [anchors, positives] = [tf.tensor2d([[0, 0], [9, 0]]), tf.tensor2d([[2, 0], [9, 0]])];
 * loss({ anchors, positives, weight: 1 }).arraySync(); // => 0
 */
export type Miner = (distances: MiningDistances, take: (positive: number, negative: number) => void) => void;

/**
 * Every triplet, including those that cost nothing: P·K of an anchor with P positives and K negatives.
 *
 * @example
 * let triplets = 0;
 * allTriplets()({ positives: Float32Array.of(1, 2), negatives: Float32Array.of(3, 4, 5) }, () => triplets++);
 * triplets; // => 6
 *
 * @see Schroff et al. 2015, FaceNet, equation 1; PyTorch Metric Learning's loss without a miner
 */
export const allTriplets = (): Miner => ({ positives, negatives }, take) => {
  for (let p = 0; p < positives.length; p++) for (let n = 0; n < negatives.length; n++) take(p, n);
};

/**
 * The farthest positive against the nearest negative: one triplet per anchor. Without classes an anchor has one positive, its
 * other view, and the miner picks the hardest negative.
 *
 * @example
 * batchHard()({ positives: Float32Array.of(1, 2), negatives: Float32Array.of(5, 3, 4) }, (p, n) => {
 *   [p, n]; // => [1, 1]
 * });
 *
 * @see Hermans et al. 2017, "In Defense of the Triplet Loss", equation 5; PyTorch Metric Learning's `BatchHardMiner`
 */
export const batchHard = (): Miner => ({ positives, negatives }, take) => take(farthest(positives), nearest(negatives));

/**
 * For each positive, the nearest of the negatives that are farther away than it; if there is none, the farthest negative.
 *
 * @example
 * semiHard()({ positives: Float32Array.of(2), negatives: Float32Array.of(1, 5, 3) }, (p, n) => {
 *   [p, n]; // => [0, 2]
 * });
 *
 * @see Schroff et al. 2015, FaceNet, equation 4, and the fallback of TensorFlow's implementation
 */
export const semiHard = (): Miner => ({ positives, negatives }, take) => {
  for (let p = 0; p < positives.length; p++) take(p, nextFarther(negatives, positives[p]!));
};

/**
 * The nearest positive against the nearest negative (`hardest`), or against the nearest of those farther than the positive, or the
 * farthest if there is none (`semi-hard`): a class may then fall into several clusters. One triplet per anchor. Without classes it is
 * `batchHard` or `semiHard`.
 *
 * @throws ArgumentError for any other choice.
 *
 * @example
 * easyPositive({ negative: 'hardest' })({ positives: Float32Array.of(4, 2), negatives: Float32Array.of(5, 1, 3) }, (p, n) => {
 *   [p, n]; // => [1, 1]
 * });
 *
 * @see Xuan et al. 2020, "Improved Embeddings with Easy Positive Triplet Mining"; PyTorch Metric Learning's
 * `BatchEasyHardMiner`, which leaves an anchor out if no negative is farther
 */
export function easyPositive({ negative }: EasyPositiveOptions): Miner {
  checkOneOf('easyPositive.negative', negative, ['hardest', 'semi-hard']);
  return ({ positives, negatives }, take) => {
    const p = nearest(positives);
    take(p, negative === 'hardest' ? nearest(negatives) : nextFarther(negatives, positives[p]!));
  };
}

/** Which negative an easy positive is compared with. */
export interface EasyPositiveOptions {
  /** No default: the paper compares both and prefers `semi-hard` on most data. */
  readonly negative: 'hardest' | 'semi-hard';
}

// the first wins a tie; if a distance is NaN the loss must show it, so any position will do

const nearest = (distances: Float32Array): number => distances.reduce((best, value, at) => (value < distances[best]! ? at : best), 0);

const farthest = (distances: Float32Array): number => distances.reduce((best, value, at) => (value > distances[best]! ? at : best), 0);

/** The nearest beyond `distance`, else the farthest. */
function nextFarther(distances: Float32Array, distance: number): number {
  let best = -1;
  for (let at = 0; at < distances.length; at++) {
    if (distances[at]! > distance && (best < 0 || distances[at]! < distances[best]!)) best = at;
  }
  return best < 0 ? farthest(distances) : best;
}
