/** k-nearest-neighbour classification: how well neighbours among embeddings agree in class, with nothing trained. */
import { ArgumentError } from '@kindred/core';
import { checkLabels, checkSeveralClasses } from './features.js';
import { checkSearch, type Neighbors, type NearestNeighborsOptions, search } from './nearest-neighbors.js';

export interface KnnOptions extends NearestNeighborsOptions {
  /** `exponential`: a neighbour votes with exp(similarity / temperature). `uniform`: every neighbour with 1. */
  readonly weighting: 'uniform' | 'exponential';
  /** Above 0, where the weighting is `exponential`; otherwise absent. Published values: 0.07 and 0.1. */
  readonly temperature?: number | undefined;
  /** How many classes the dataset has, 2 or more. Some may be absent from `train` or `test`. */
  readonly classes: number;
}

export interface KnnResult {
  /** The share of `test` whose predicted class is right, 0..1. */
  readonly accuracy: number;
  /** The share of `test` whose class is among the five with most votes, 0..1; where there are more than five classes. */
  readonly top5?: number;
  /** The predicted class of each row of `test`. */
  readonly predictions: Int32Array;
}

/**
 * Predicts the class of each row of `test` by a vote of its k nearest rows of `train`.
 *
 *     votes(c) = Σ_{j among the k nearest, class c} exp(sⱼ / T)          weighting 'exponential'
 *
 * s is the cosine, or minus the Euclidean distance. Equal votes go to the class with the nearest neighbour; equally near
 * neighbours rank by their row in `train`. A class without votes never counts, also among the five.
 *
 * @throws ArgumentError for k, temperature, classes, values that are not finite, labels that are missing or of one class.
 * @throws ShapeError for rows of two lengths.
 *
 * @example
 * const train = { values: Float32Array.of(1, 0, 0, 1, 1, 1), dimension: 2, labels: Int32Array.of(0, 1, 1) };
 * const test = { values: Float32Array.of(9, 1), dimension: 2, labels: Int32Array.of(0) };
 * const options = { k: 3, similarity: 'cosine', weighting: 'exponential', temperature: 0.07, classes: 2 } as const;
 * (await knn({ train, test, ...options })).accuracy; // => 1
 *
 * @see Wu et al. 2018, "Unsupervised feature learning via non-parametric instance discrimination", section 3.4
 */
export async function knn(options: KnnOptions): Promise<KnnResult> {
  const { train, test, classes, weighting, temperature } = options;
  checkVote(weighting, temperature);
  if (!(Number.isInteger(classes) && classes >= 2)) {
    throw new ArgumentError('knn.classes', 'a whole number of 2 or more', classes);
  }
  checkSearch('knn', options);
  const known = checkLabels('knn', 'train', train, classes);
  const wanted = checkLabels('knn', 'test', test, classes);
  checkSeveralClasses('knn', 'train', known);

  const neighbors = await search(options);
  const ranked = rankClasses(neighbors, known, options.k, classes, weighting === 'uniform' ? undefined : temperature);
  const hits = (places: number): number =>
    wanted.reduce((count, label, row) => (ranked[row]!.slice(0, places).includes(label) ? count + 1 : count), 0);
  return {
    accuracy: hits(1) / wanted.length,
    ...(classes > 5 && { top5: hits(5) / wanted.length }),
    predictions: Int32Array.from(ranked, (order) => order[0]!),
  };
}

/** Of every row the classes that its neighbours have, most votes first; votes are uniform without a temperature. */
function rankClasses(
  { indices, similarities }: Neighbors,
  labels: Int32Array,
  k: number,
  classes: number,
  temperature: number | undefined,
): number[][] {
  const votes = new Float64Array(classes);
  return Array.from({ length: indices.length / k }, (_, row) => {
    const found: number[] = []; // in order of their nearest neighbour; a stable sort keeps it where votes are equal
    const nearest = similarities[row * k]!;
    for (let i = row * k; i < (row + 1) * k; i++) {
      const label = labels[indices[i]!]!;
      if (!found.includes(label)) {
        found.push(label);
        votes[label] = 0;
      }
      // relative to the nearest, which changes no order: exp(-distance / T) itself may be 0 for all
      votes[label]! += temperature === undefined ? 1 : Math.exp((similarities[i]! - nearest) / temperature);
    }
    return found.sort((a, b) => votes[b]! - votes[a]!);
  });
}

function checkVote(weighting: KnnOptions['weighting'], temperature: number | undefined): void {
  if (weighting === 'uniform') {
    if (temperature === undefined) return;
    throw new ArgumentError('knn.temperature', "none, as weighting is 'uniform'", temperature, "Leave it out, or weight by 'exponential'.");
  }
  if (weighting !== 'exponential') throw new ArgumentError('knn.weighting', "'uniform' or 'exponential'", weighting);
  if (!(temperature !== undefined && temperature > 0 && Number.isFinite(temperature))) {
    throw new ArgumentError('knn.temperature', "a number above 0, as weighting is 'exponential'", temperature);
  }
}
