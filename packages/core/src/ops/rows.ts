/** Rows of a matrix: the best of each, and writing some in place. */
import { add, argMax, concat, gather, max, mul, range, reshape, scalar, slice, type Tensor1D, type Tensor2D, tidy, topk } from '@tensorflow/tfjs-core';
import { defineOp } from '../define-op.js';

const argMaxKernel = defineOp({ name: 'KindredArgMaxRows', composite: ({ x }) => [argMax(x!, 1)] });

/**
 * The index of the largest entry of each row; the first wins a tie. No gradient.
 *
 * @param x `[N, K]`.
 * @returns `[N]`, int32.
 *
 * @example
 * argMaxRows(tf.tensor2d([[1, 5, 2]])).arraySync(); // => [1]
 */
export function argMaxRows(x: Tensor2D): Tensor1D {
  return argMaxKernel({ x }, {})[0] as Tensor1D;
}

const topKernel = defineOp<{ k: number; [name: string]: unknown }>({
  name: 'KindredTopK',
  composite({ x }, { k }) {
    const { values, indices } = topk(x!, k, true);
    return [values, indices];
  },
});

/**
 * The k largest entries of each row, largest first; the first of equal ones first. No gradient.
 *
 * @param x `[N, K]`, K ≥ k.
 * @returns Values and indices (int32), `[N, k]` each.
 *
 * @example
 * topKRows(tf.tensor2d([[1, 5, 2]]), 2).indices.arraySync(); // => [[1, 2]]
 */
export function topKRows(x: Tensor2D, k: number): { values: Tensor2D; indices: Tensor2D } {
  if (k === 1) return tidy(() => largestOfRows(x));
  const [values, indices] = topKernel({ x }, { k });
  return { values: values as Tensor2D, indices: indices as Tensor2D };
}

/** Columns per run: the fastest of 16 to 256. */
const run = 128;

/**
 * By way of the maxima of runs of columns, first the best run and then the best in it: TensorFlow's ArgMax uses one thread, and takes 5
 * times as long as its Max. Columns that do not divide into whole runs are searched at once.
 */
function largestOfRows(x: Tensor2D): { values: Tensor2D; indices: Tensor2D } {
  const [size, length] = x.shape;
  if (length % run !== 0) return { values: max(x, 1, true), indices: reshape(argMaxRows(x), [-1, 1]) };
  const runs = length / run;
  const chosen = argMaxRows(max(reshape(x, [size, runs, run]), 2)); // [N]
  const first = mul(range(0, size, 1, 'int32'), scalar(runs, 'int32'));
  const inside = gather(reshape(x, [size * runs, run]), add(first, chosen)) as Tensor2D; // [N, run]
  const indices = add(mul(chosen, scalar(run, 'int32')), argMaxRows(inside));
  return { values: max(inside, 1, true), indices: reshape(indices, [-1, 1]) };
}

const writeKernel = defineOp<{ start: number; [name: string]: unknown }>({
  name: 'KindredWriteRows',
  composite({ target, values }, { start }) {
    const [rows, columns] = target!.shape as [number, number];
    const count = values!.shape[0]!;
    const part = (x: typeof target, from: number, length: number): Tensor2D =>
      slice(x as Tensor2D, [from, 0], [length, columns]);
    const end = start + count;
    const pieces =
      end <= rows
        ? [part(target, 0, start), values as Tensor2D, part(target, end, rows - end)]
        : [part(values, rows - start, end - rows), part(target, end - rows, rows - count), part(values, 0, rows - start)];
    return [concat(pieces.filter((piece) => piece.shape[0]! > 0), 0)];
  },
});

/**
 * Writes `values` to the rows `start`, `start + 1`, ... of `target`, going on at row 0 after the last one.
 *
 * `target` is used up: where the backend can, its own memory is overwritten. Keep only what is returned, and dispose
 * `target`. Make it with `tf.zeros` or the like, never from an array or by `clone`, which would share the memory.
 *
 * @param target `[K, D]`.
 * @param values `[N, D]`, N ≤ K.
 * @param start 0..K−1.
 * @returns `[K, D]`.
 *
 * @example
 * writeRows(tf.zeros([3, 1]), tf.tensor2d([[7], [8]]), 2).arraySync(); // => [[8], [0], [7]]
 */
export function writeRows(target: Tensor2D, values: Tensor2D, start: number): Tensor2D {
  return writeKernel({ target, values }, { start })[0] as Tensor2D;
}
