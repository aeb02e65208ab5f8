/** How well two partitions of the same rows agree. */
import { ArgumentError } from '@kindred/core';

/**
 * Normalised mutual information of two labellings of the same rows, by the arithmetic mean of both entropies:
 *
 *     NMI = 2·I(a; b) / (H(a) + H(b))
 *
 * 1 if they are the same partition under any names, about 0 if they are unrelated; also 1 if both have only
 * one class, as in scikit-learn.
 *
 * With few rows for each cluster it is high by chance: compare only between equal numbers of rows and clusters.
 *
 * @param a The class or cluster of every row, a whole number of 0 or more.
 * @param b Another.
 * @throws ArgumentError for no rows, lists of two lengths, or rows without a class (−1).
 *
 * @example
 * normalizedMutualInformation([0, 0, 1, 1], [7, 7, 3, 3]); // => 1
 *
 * @see Strehl & Ghosh 2002, "Cluster ensembles"; scikit-learn's normalized_mutual_info_score
 */
export function normalizedMutualInformation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const rows = a.length;
  if (rows === 0) throw new ArgumentError('normalizedMutualInformation.a.length', 'one row or more', rows);
  if (b.length !== rows) throw new ArgumentError('normalizedMutualInformation.b.length', `${rows}, one for each row of a`, b.length);
  checkKnown('a', a);
  checkKnown('b', b);
  const [first, second, joint] = [new Map<number, number>(), new Map<number, number>(), new Map<string, number>()];
  const count = <Key>(counts: Map<Key, number>, key: Key): unknown => counts.set(key, (counts.get(key) ?? 0) + 1);
  for (let i = 0; i < rows; i++) {
    count(first, a[i]!);
    count(second, b[i]!);
    count(joint, `${a[i]},${b[i]}`);
  }
  if (first.size === 1 && second.size === 1) return 1;
  const [ofA, ofB, ofBoth] = [first, second, joint].map((counts) => entropy(counts.values(), rows)) as [number, number, number];
  // I(a; b) = H(a) + H(b) − H(a, b), which rounding may push slightly out of its range
  return Math.min(1, Math.max(0, (2 * (ofA + ofB - ofBoth)) / (ofA + ofB)));
}

function entropy(counts: Iterable<number>, rows: number): number {
  let sum = 0;
  for (const count of counts) sum -= (count / rows) * Math.log(count / rows);
  return sum;
}

function checkKnown(name: string, list: ArrayLike<number>): void {
  for (let i = 0; i < list.length; i++) {
    if (Number.isInteger(list[i]) && list[i]! >= 0) continue;
    throw new ArgumentError(`normalizedMutualInformation.${name}[${i}]`, 'a class, a whole number of 0 or more', list[i], 'Leave rows without a class out of both lists.');
  }
}
