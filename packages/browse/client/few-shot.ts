/**
 * A classifier on a few labels: each class is the mean of its labelled rows, and a row belongs to the classes by the softmax of its cosines
 * with these means. Snell et al. 2017, "Prototypical Networks for Few-shot Learning", with cosines in place of distances.
 */
import type { Content } from './content.js';
import type { Search } from './search.js';

/** How the cosines are sharpened: those of related images differ by a few hundredths. */
const temperature = 0.05;

export interface FewShot {
  /** Of each class how likely each row is of it, 0..1; with a single class the cosine. Rows with a label have 2 in theirs, −2 in others. */
  readonly shares: ReadonlyMap<string, Float32Array>;
  /** 1 less the lead of the likeliest class over the next; 0 for rows with a label. */
  readonly unsure: Float32Array;
}

export function fewShot({ data: { names, dimension } }: Content, search: Search, labels: ReadonlyMap<number, string>): FewShot {
  const classes = [...new Set(labels.values())];
  const cosines = classes.map((name) => {
    const mean = new Float32Array(dimension);
    for (const [row, label] of labels) if (label === name) search.rowOf(row).forEach((value, d) => void (mean[d]! += value));
    return search.similarities(mean);
  });
  const unsure = new Float32Array(names.length);
  const result = (values: readonly Float32Array[]): FewShot => {
    // what a person has said comes first
    for (const [row, label] of labels) classes.forEach((name, i) => void (values[i]![row] = name === label ? 2 : -2));
    return { shares: new Map(classes.map((name, i) => [name, values[i]!])), unsure };
  };
  if (classes.length < 2) return result(cosines);
  const shares = cosines.map(() => new Float32Array(names.length));
  for (let row = 0; row < names.length; row++) {
    const most = Math.max(...cosines.map((values) => values[row]!));
    const powers = cosines.map((values) => Math.exp((values[row]! - most) / temperature));
    const sum = powers.reduce((a, b) => a + b, 0);
    powers.forEach((power, i) => void (shares[i]![row] = power / sum));
    const [first, second] = powers.sort((a, b) => b - a);
    unsure[row] = labels.has(row) ? 0 : 1 - (first! - second!) / sum;
  }
  return result(shares);
}
