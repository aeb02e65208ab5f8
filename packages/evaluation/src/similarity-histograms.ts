/** How similar pairs that belong together are, compared with pairs that do not. */
import { matMul, type Tensor2D, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { ArgumentError, l2Normalize } from '@kindred/core';
import { checkFeatures, checkLabels, checkSameDimension, checkSeveralClasses, countRows, type Features } from './features.js';
import { turn, type Watched } from './progress.js';

export interface SimilarityHistogramsOptions extends Watched {
  /**
   * Two views of the same samples: row i of both is a positive pair, all others are negative. Or one set of rows with labels:
   * two rows of one class are positive, of two classes negative, each pair counted once.
   */
  readonly of: readonly [Features, Features] | Features;
  /** How many bins of the same width there are from −1 to 1. */
  readonly bins: number;
}

/** Pairs by their cosine. A type: figures of evaluations are records. */
export type SimilarityHistogram = {
  /** Pairs in each bin; the last holds 1 itself. */
  readonly counts: readonly number[];
  /** The mean cosine. */
  readonly mean: number;
};

export interface SimilarityHistograms {
  /** The bins' limits, one more than bins: −1 to 1. */
  readonly edges: readonly number[];
  readonly positive: SimilarityHistogram;
  readonly negative: SimilarityHistogram;
}

/**
 * Counts the cosines of all positive and all negative pairs in fixed bins. If the two are far apart, classes or samples can be told
 * apart; if both are near 1, the encoder has collapsed. A row of zeros has a cosine of 0 with any other. All N² pairs are compared: a few thousand rows
 * are enough.
 *
 * @throws ArgumentError for bins, values that are not finite, views of two sizes, labels that are missing, or rows without a
 * positive or a negative pair. ShapeError for rows of two lengths.
 *
 * @example
 * const view = { values: Float32Array.of(1, 0, 0, 1), dimension: 2 };
 * const { positive, negative } = await similarityHistograms({ of: [view, view], bins: 4 });
 * positive.counts; // => [0, 0, 0, 2]
 * negative.counts; // => [0, 0, 2, 0]
 */
export async function similarityHistograms({ of, bins, onProgress, signal }: SimilarityHistogramsOptions): Promise<SimilarityHistograms> {
  if (!(Number.isInteger(bins) && bins >= 1)) throw new ArgumentError('similarityHistograms.bins', 'a whole number above 0', bins);
  const { a, b, kindOf } = read(of);
  const rows = countRows(a);
  const tallies = [tally(bins), tally(bins)] as const;
  const height = Math.max(1, Math.floor(2 ** 22 / rows));
  const keys = tidy(() => l2Normalize(tensor2d(b.values, [rows, b.dimension])));
  try {
    for (let start = 0; start < rows; start += height) {
      await turn(signal);
      const end = Math.min(rows, start + height);
      const part = a.values.slice(start * a.dimension, end * a.dimension);
      const products = tidy(() => matMul(l2Normalize(tensor2d(part, [end - start, a.dimension])), keys, false, true) as Tensor2D);
      const cosines = await products.data().finally(() => products.dispose());
      for (let row = start; row < end; row++) {
        for (let other = 0; other < rows; other++) {
          const kind = kindOf(row, other);
          if (kind !== undefined) tallies[kind].add(cosines[(row - start) * rows + other]!);
        }
      }
      onProgress?.(end, rows);
    }
  } finally {
    keys.dispose();
  }
  const edges = Array.from({ length: bins + 1 }, (_, i) => (2 * i) / bins - 1);
  return { edges, positive: tallies[1].histogram(), negative: tallies[0].histogram() };
}

/** 1: a positive pair, 0: a negative one, undefined: none. */
type KindOf = (row: number, other: number) => 0 | 1 | undefined;

const areViews = (of: SimilarityHistogramsOptions['of']): of is readonly [Features, Features] => Array.isArray(of);

function read(of: SimilarityHistogramsOptions['of']): { a: Features; b: Features; kindOf: KindOf } {
  const where = 'similarityHistograms';
  if (areViews(of)) {
    const [a, b] = of;
    const rows = checkFeatures(where, 'of[0]', a, 'finite');
    checkFeatures(where, 'of[1]', b, 'finite');
    checkSameDimension(where, a, b, { train: 'of[0]', test: 'of[1]' });
    if (countRows(b) !== rows) throw new ArgumentError(`${where}.of[1]`, `${rows} rows, the other views of those of of[0]`, countRows(b));
    if (rows < 2) throw new ArgumentError(`${where}.of`, 'two samples or more, for a negative pair', rows);
    return { a, b, kindOf: (row, other) => (row === other ? 1 : 0) };
  }
  checkFeatures(where, 'of', of, 'finite');
  const labels = checkLabels(where, 'of', of, Infinity);
  checkSeveralClasses(where, 'of', labels);
  if (new Set(labels).size === labels.length) {
    throw new ArgumentError(`${where}.of.labels`, 'two rows of one class, for a positive pair', `${labels.length} classes of one row each`);
  }
  return { a: of, b: of, kindOf: (row, other) => (other <= row ? undefined : labels[row] === labels[other] ? 1 : 0) };
}

function tally(bins: number): { add(cosine: number): void; histogram(): SimilarityHistogram } {
  const counts = new Array<number>(bins).fill(0);
  let [sum, count] = [0, 0];
  return {
    add(cosine) {
      // rounding may leave −1..1 slightly
      const bin = Math.min(bins - 1, Math.max(0, Math.floor(((cosine + 1) / 2) * bins)));
      counts[bin]!++;
      sum += cosine;
      count++;
    },
    histogram: () => ({ counts, mean: sum / count }),
  };
}
