/** The cost of mined triplets and its gradient, from distances: plain numbers. */
import { ArgumentError } from '@kindred/core';
import type { Miner } from './miners.js';

/** Distances from every anchor to its positives or to its negatives, row-major, one row per anchor. */
export interface DistanceTable {
  readonly distances: Float32Array;
  readonly columns: number;
  /** The columns that count for an anchor; all of them if undefined. */
  readonly of: (anchor: number) => Int32Array | undefined;
}

/** The mean over the triplets, and its slope at each distance. */
export interface MinedCosts {
  readonly mean: number;
  readonly slopes: { readonly positives: Float32Array; readonly negatives: Float32Array };
}

/** How much nearer a positive must be: a fixed margin, or a soft one. */
export type Margin = number | 'soft' | { readonly soft: number };

/** Which of the mined triplets the average includes. */
export type TripletAverage = 'all' | 'non-zero';

/** The cost of a triplet whose positive is `gap` farther than its negative, and its slope. */
export type Cost = (gap: number) => { readonly cost: number; readonly slope: number };

/** max(0, gap + margin), or log(1 + exp(gap + margin)) */
export function costOf(margin: Margin): Cost {
  if (typeof margin === 'number') return (gap) => (gap + margin <= 0 ? { cost: 0, slope: 0 } : { cost: gap + margin, slope: 1 });
  const by = margin === 'soft' ? 0 : margin.soft;
  return (gap) => {
    const x = gap + by;
    return { cost: Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), slope: 1 / (1 + Math.exp(-x)) };
  };
}

/** Mines each anchor that has positives and negatives. If no triplet counts, the mean is 0 and so are all slopes. */
export function minedCosts(anchors: number, positives: DistanceTable, negatives: DistanceTable, miner: Miner, cost: Cost, average: TripletAverage): MinedCosts {
  const slopes = { positives: new Float32Array(positives.distances.length), negatives: new Float32Array(negatives.distances.length) };
  let [counted, total] = [0, 0];
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
      if (average === 'all' || !(value <= 0)) counted++; // NaN counts, so that it shows
      total += value;
      slopes.positives[near.place(p)]! += slope;
      slopes.negatives[far.place(n)]! -= slope;
    });
  }
  for (const side of Object.values(slopes)) side.forEach((slope, at) => slope !== 0 && (side[at] = slope / counted));
  return { mean: counted === 0 ? 0 : total / counted, slopes };
}

/** The distances of an anchor, and the position of each among all. */
function rowOf({ distances, columns, of }: DistanceTable, anchor: number): { distances: Float32Array; place: (at: number) => number } {
  const begin = anchor * columns;
  const some = of(anchor);
  if (some === undefined) return { distances: distances.subarray(begin, begin + columns), place: (at) => begin + at };
  return { distances: Float32Array.from(some, (column) => distances[begin + column]!), place: (at) => begin + some[at]! };
}
