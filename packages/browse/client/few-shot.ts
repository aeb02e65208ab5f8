/**
 * A classifier trained on a few labels: each class is represented by the mean of its labelled rows, and a row's class probabilities are the softmax
 * of its cosines with these means. Snell et al. 2017, "Prototypical Networks for Few-shot Learning", with cosines instead of distances.
 */
import type { Content } from './content.js';
import type { Search } from './search.js';

/** Sharpens the cosines, since those of related images differ by only a few hundredths. */
const temperature = 0.05;

export interface FewShot {
  /** For each class, the probability of each row, 0..1; with a single class the cosine. Labelled rows have 2 for their own class and −2 for others. */
  readonly shares: ReadonlyMap<string, Float32Array>;
  /** 1 minus the difference between the two largest probabilities; 0 for labelled rows. */
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
    // labels given by a person come first
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
