/** What makes a search of matrix products exact: how rows are laid out, and how the best products become neighbours. */
import { concat, fill, matMul, max, mean, mul, square, sub, sum, type Tensor2D, tensor2d, tidy, zeros } from '@tensorflow/tfjs-core';
import { l2Normalize } from '@kindred/core';
import type { Features } from './features.js';

/** Rows on the engine, laid out so that a plain inner product ranks them. */
export interface SearchSpace {
  /** The products of some rows with all of `train`, `[rows, N]`: the larger the nearer, within float32. */
  products(block: Features): Tensor2D;
  /** How many of the best products have to be looked at to find k neighbours of each row. */
  candidates(k: number): number;
  /** The k neighbours of each row of the block, nearest first. */
  neighbors(block: Features, k: number, best: BestProducts): Promise<NearestRows> | NearestRows;
  dispose(): void;
}

/** The best products of a block of rows. */
export interface BestProducts {
  /** `[rows, candidates]`, largest first. */
  readonly values: Float32Array;
  /** `[rows, candidates]`, rows of `train`; the lower first where products are equal. */
  readonly indices: Int32Array;
  /** All products of some rows of the block, `[rows.length, N]`. */
  all(rows: readonly number[]): Promise<Float32Array>;
}

/** The nearest rows of each row that was searched for, nearest first. */
export interface NearestRows {
  /** Rows of `train`, `[M, k]`, row-major. */
  readonly indices: Int32Array;
  /** The cosine (−1..1), or minus the Euclidean distance, `[M, k]`: larger is nearer. */
  readonly similarities: Float32Array;
}

const upload = ({ values, dimension }: Features): Tensor2D => tensor2d(values, [values.length / dimension, dimension]);

/** Cosines are the products of rows of length 1: accurate to about 1e-7. */
export function cosineSpace(train: Features): SearchSpace {
  const keys = tidy(() => l2Normalize(upload(train)));
  return {
    products: (block) => tidy(() => matMul(l2Normalize(upload(block)), keys, false, true)),
    candidates: (k) => k,
    neighbors: (_, __, { values, indices }) => ({ indices, similarities: values }),
    dispose: () => keys.dispose(),
  };
}

/**
 * `[2a, −1] · [b, |b|²] = 2ab − |b|²` is largest where `|a − b|²` is least. It has the rounding error of |a|² and |b|² in float32,
 * which hides small distances between rows that are far from their mean. So products only choose candidates, whose distances are computed
 * again as Σ (a − b)² in float64, and where the error of the products could hide a nearer row, so are those of all rows in question.
 */
export async function euclideanSpace(train: Features): Promise<SearchSpace> {
  const { dimension } = train;
  const count = train.values.length / dimension;
  const odd = dimension % 2 === 0; // with the column of |b|² an odd side, past which webgl counts what is not there
  const [centre, farthest, keys] = tidy(() => {
    const all = upload(train);
    const middle = mean(all, 0, true);
    const centred = sub(all, middle);
    const lengths = sum(square(centred), 1, true);
    return [middle, max(lengths), concat([centred, lengths, ...(odd ? [zeros([count, 1])] : [])], 1)];
  }) as [Tensor2D, Tensor2D, Tensor2D];
  const [middle, [most]] = [await centre.data<'float32'>(), await farthest.data<'float32'>()];
  farthest.dispose();
  const reach = Math.sqrt(most!);
  /** Bounds the error of a product of D terms and of the differences in it, each rounded to 24 bits. */
  const roundOff = (length: number): number => 2 ** -23 * (dimension + 8) * (length + reach) ** 2;

  return {
    products: (block) =>
      tidy(() => {
        const doubled = mul(sub(upload(block), centre), 2);
        const rows = doubled.shape[0]!;
        const queries = concat([doubled, fill([rows, 1], -1), ...(odd ? [zeros([rows, 1])] : [])], 1) as Tensor2D;
        return matMul(queries, keys, false, true);
      }),
    // an eighth more, so that the next product after the k-th neighbour is nearly always beyond the error
    candidates: (k) => Math.min(count, k + Math.max(8, k >> 3)),
    async neighbors(block, k, best) {
      const rows = block.values.length / dimension;
      const width = best.indices.length / rows;
      const found = { indices: new Int32Array(rows * k), similarities: new Float32Array(rows * k) };
      const squared = (row: number, other: number): number => squaredDistance(block.values, row * dimension, train.values, other * dimension, dimension);
      const unsure: { readonly row: number; readonly least: number }[] = [];
      for (let row = 0; row < rows; row++) {
        const length = squaredDistance(block.values, row * dimension, middle, 0, dimension);
        let error = roundOff(Math.sqrt(length));
        const candidates: Candidate[] = [];
        for (let i = row * width; i < (row + 1) * width; i++) {
          const distance = squared(row, best.indices[i]!);
          candidates.push({ index: best.indices[i]!, distance });
          // an engine that multiplies in fewer bits (TensorFloat-32) shows it here
          error = Math.max(error, 4 * Math.abs(length - best.values[i]! - distance));
        }
        write(found, row * k, k, candidates);
        if (width === count) continue;
        // rows that are not candidates have products no larger than the last candidate's
        const limit = candidates[k - 1]!.distance + error;
        if (length - best.values[(row + 1) * width - 1]! <= limit) unsure.push({ row, least: length - limit });
      }
      const products = await best.all(unsure.map(({ row }) => row));
      unsure.forEach(({ row, least }, at) => {
        const candidates: Candidate[] = [];
        for (let index = 0; index < count; index++) {
          if (products[at * count + index]! >= least) candidates.push({ index, distance: squared(row, index) });
        }
        write(found, row * k, k, candidates);
      });
      return found;
    },
    dispose() {
      centre.dispose();
      keys.dispose();
    },
  };
}

/** A row of `train`, and its squared distance. */
interface Candidate {
  readonly index: number;
  readonly distance: number;
}

/** Sorts candidates, the lower row first where two are equally far, and writes the first k. */
function write({ indices, similarities }: NearestRows, begin: number, k: number, candidates: Candidate[]): void {
  candidates.sort((a, b) => a.distance - b.distance || a.index - b.index);
  for (let i = 0; i < k; i++) {
    indices[begin + i] = candidates[i]!.index;
    similarities[begin + i] = -Math.sqrt(candidates[i]!.distance);
  }
}

/** Σ (a − b)² in float64. Two sums at a time, so that an addition need not wait for the one before. */
function squaredDistance(a: ArrayLike<number>, fromA: number, b: ArrayLike<number>, fromB: number, length: number): number {
  let [even, odd] = [0, 0];
  let d = 0;
  for (; d + 1 < length; d += 2) {
    const [x, y] = [a[fromA + d]! - b[fromB + d]!, a[fromA + d + 1]! - b[fromB + d + 1]!];
    even += x * x;
    odd += y * y;
  }
  if (d < length) even += (a[fromA + d]! - b[fromB + d]!) ** 2;
  return even + odd;
}
