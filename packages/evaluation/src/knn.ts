/** k-nearest-neighbour classification: how well neighbouring embeddings agree in class, without training. */
import { ArgumentError } from '@kindred/core';
import { classPlaces, type ClassPlaces } from './class-places.js';
import { checkLabels, checkSeveralClasses } from './features.js';
import { checkSearch, type NearestNeighborsOptions, search } from './nearest-neighbors.js';
import type { NearestRows } from './search-space.js';

export interface KnnOptions extends NearestNeighborsOptions {
  /** `exponential`: a neighbour votes with exp(similarity / temperature). `uniform`: every neighbour with 1. */
  readonly weighting: 'uniform' | 'exponential';
  /** Above 0 if the weighting is `exponential`; otherwise absent. Published values: 0.07 and 0.1. */
  readonly temperature?: number | undefined;
  /**
   * How many classes the dataset has, 2 or more: a label beyond that is refused. Some may be absent from `train` or `test`. Default: the
   * classes that `train` and `test` have, whatever their numbers.
   */
  readonly classes?: number | undefined;
}

export interface KnnResult {
  /** The share of `test` whose predicted class is right, 0..1. */
  readonly accuracy: number;
  /** The share of `test` whose class is among the five with most votes, 0..1; given for more than five classes. */
  readonly top5?: number;
  /** The predicted class of each row of `test`. */
  readonly predictions: Int32Array;
  /** The classes of `train`, ascending: those of the columns of `votes`. */
  readonly classes: Int32Array;
  /** `[M, classes]`, row-major: the share of the votes that each class got, so that a row sums to 1. */
  readonly votes: Float32Array;
}

/**
 * Predicts the class of each row of `test` by a vote of its k nearest rows of `train`.
 *
 *     votes(c) = Σ_{j among the k nearest, class c} exp(sⱼ / T)          weighting 'exponential'
 *
 * s is the cosine, or minus the Euclidean distance. `votes` are these divided by their sum, scikit-learn's `predict_proba`. Equal votes go to the class with the nearest neighbour; equally near
 * neighbours rank by their row in `train`. A class without votes never counts, also among the five.
 *
 * @throws ArgumentError for k, temperature, classes, values that are not finite, labels that are missing or of one class.
 * @throws ShapeError for rows of two lengths.
 *
 * @example
 * const train = { values: Float32Array.of(1, 0, 0, 1, 1, 1), dimension: 2, labels: Int32Array.of(0, 1, 1) };
 * const test = { values: Float32Array.of(9, 1), dimension: 2, labels: Int32Array.of(0) };
 * const options = { k: 3, similarity: 'cosine', weighting: 'exponential', temperature: 0.07, classes: 2 } as const;
 * const { accuracy, votes } = await knn({ train, test, ...options });
 * accuracy; // => 1
 * votes; // => [0.95448, 0.04552]
 *
 * @see Wu et al. 2018, "Unsupervised feature learning via non-parametric instance discrimination", section 3.4
 */
export async function knn(options: KnnOptions): Promise<KnnResult> {
  const { train, test, classes, weighting, temperature } = options;
  checkVote(weighting, temperature);
  if (classes !== undefined && !(Number.isInteger(classes) && classes >= 2)) {
    throw new ArgumentError('knn.classes', 'a whole number of 2 or more', classes);
  }
  checkSearch('knn', options);
  const known = checkLabels('knn', 'train', train, classes ?? Infinity);
  const wanted = checkLabels('knn', 'test', test, classes ?? Infinity);
  checkSeveralClasses('knn', 'train', known);

  const places = classPlaces(known);
  const { ranked, votes } = rankClasses(await search(options), places, options.k, weighting === 'uniform' ? undefined : temperature);
  const hits = (best: number): number =>
    wanted.reduce((count, label, row) => (ranked[row]!.slice(0, best).some((place) => places.classes[place] === label) ? count + 1 : count), 0);
  const several = classes ?? new Set([...places.classes, ...wanted]).size;
  return {
    accuracy: hits(1) / wanted.length,
    ...(several > 5 && { top5: hits(5) / wanted.length }),
    predictions: Int32Array.from(ranked, ([first]) => places.classes[first!]!),
    classes: places.classes,
    votes,
  };
}

/** For every row, the classes of its neighbours, by place, most votes first, and the shares of the votes; uniform without a temperature. */
function rankClasses(
  { indices, similarities }: NearestRows,
  { classes, places }: ClassPlaces,
  k: number,
  temperature: number | undefined,
): { ranked: number[][]; votes: Float32Array } {
  const width = classes.length;
  const shares = new Float32Array((indices.length / k) * width);
  const votes = new Float64Array(width);
  const ranked = Array.from({ length: indices.length / k }, (_, row) => {
    const found: number[] = []; // in order of their nearest neighbour; a stable sort keeps it where votes are equal
    const nearest = similarities[row * k]!;
    for (let i = row * k; i < (row + 1) * k; i++) {
      const place = places[indices[i]!]!;
      if (!found.includes(place)) {
        found.push(place);
        votes[place] = 0;
      }
      // relative to the nearest, which changes no order: exp(-distance / T) itself may be 0 for all
      votes[place]! += temperature === undefined ? 1 : Math.exp((similarities[i]! - nearest) / temperature);
    }
    const total = found.reduce((sum, place) => sum + votes[place]!, 0);
    for (const place of found) shares[row * width + place] = votes[place]! / total;
    return found.sort((a, b) => votes[b]! - votes[a]!);
  });
  return { ranked, votes: shares };
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
