/** From distances to what the mined triplets cost, and its gradient: plain numbers. */
import { ArgumentError } from '@kindred/core';
import type { Miner } from './miners.js';

/** Distances of one side, row-major, a row an anchor. */
export interface Side {
  readonly distances: Float32Array;
  readonly columns: number;
  /** The columns that are on this side for an anchor; all of them where undefined. */
  readonly of: (anchor: number) => Int32Array | undefined;
}

/** The mean over the triplets, and its slope at each distance. */
export interface MinedCosts {
  readonly triplets: number;
  readonly mean: number;
  readonly slopes: { readonly positives: Float32Array; readonly negatives: Float32Array };
}

/** What a triplet costs whose positive is `gap` farther than its negative, and the slope there. */
export type Cost = (gap: number) => { readonly cost: number; readonly slope: number };

/** max(0, gap + margin), or log(1 + exp(gap)) */
export const costOf = (margin: number | 'soft'): Cost =>
  margin === 'soft'
    ? (gap) => ({ cost: Math.max(gap, 0) + Math.log1p(Math.exp(-Math.abs(gap))), slope: 1 / (1 + Math.exp(-gap)) })
    : (gap) => (gap + margin <= 0 ? { cost: 0, slope: 0 } : { cost: gap + margin, slope: 1 });

/** Mines each anchor that has both sides. No triplets: a mean of NaN. */
export function minedCosts(anchors: number, positives: Side, negatives: Side, miner: Miner, cost: Cost): MinedCosts {
  const slopes = { positives: new Float32Array(positives.distances.length), negatives: new Float32Array(negatives.distances.length) };
  let [triplets, total] = [0, 0];
  for (let anchor = 0; anchor < anchors; anchor++) {
    const [near, far] = [rowOf(positives, anchor), rowOf(negatives, anchor)];
    if (near.distances.length === 0 || far.distances.length === 0) continue;
    miner({ positives: near.distances, negatives: far.distances }, (p, n) => {
      const [own, other] = [near.distances[p], far.distances[n]];
      if (own === undefined || other === undefined) {
        const wanted = `places 0..${near.distances.length - 1} and 0..${far.distances.length - 1}`;
        throw new ArgumentError('tripletMargin.miner', wanted, [p, n], 'A miner takes places of the lists that it is given.');
      }
      const { cost: value, slope } = cost(own - other);
      triplets++;
      total += value;
      slopes.positives[near.place(p)]! += slope;
      slopes.negatives[far.place(n)]! -= slope;
    });
  }
  for (const side of Object.values(slopes)) side.forEach((slope, at) => slope !== 0 && (side[at] = slope / triplets));
  return { triplets, mean: total / triplets, slopes };
}

/** The distances of an anchor, and where each stands among all. */
function rowOf({ distances, columns, of }: Side, anchor: number): { distances: Float32Array; place: (at: number) => number } {
  const begin = anchor * columns;
  const some = of(anchor);
  if (some === undefined) return { distances: distances.subarray(begin, begin + columns), place: (at) => begin + at };
  return { distances: Float32Array.from(some, (column) => distances[begin + column]!), place: (at) => begin + some[at]! };
}
