/** What a training step exchanges between ranks: outputs before the loss, gradients after it, weights before the first step. */
import { type Communicator, ShapeError, type StepOutputs } from '@kindred/core';
import { concat, reshape, slice, split, type Tensor, tensor, tensor1d, type Tensor2D, tidy, type Variable } from '@tensorflow/tfjs-core';

/**
 * The outputs of the whole batch: the rows of all ranks, one rank after the other, as constants. A loss of these is the whole batch's, on every
 * rank the same number, and row i of its gradients belongs to whoever made row i: `ownRows`. Two messages, one of float32 and one of int32.
 *
 * Every rank has as many rows, and the same kinds of outputs. The tensors are the caller's.
 *
 * @example
 * const outputs = { projections: [tf.tensor2d([[1, 2]])], sampleIds: Int32Array.of(7) };
 * gatherOutputs(oneRank(), outputs).projections[0]!.arraySync(); // => [[1, 2]]
 */
export function gatherOutputs<Outputs extends Partial<StepOutputs>>(communicator: Communicator, outputs: Outputs): Outputs {
  const kinds = ['projections', 'predictions', 'targets'] as const;
  const own = [...new Set(kinds.flatMap((kind) => outputs[kind] ?? []))];
  const rows = gatherRows(communicator, own);
  const whole = new Map(own.map((each, i) => [each, rows[i]!]));
  const lists = (['sampleIds', 'labels'] as const).filter((name) => outputs[name] !== undefined);
  return {
    ...outputs,
    ...Object.fromEntries(kinds.flatMap((kind) => (outputs[kind] === undefined ? [] : [[kind, outputs[kind].map((each) => whole.get(each)!)]]))),
    ...Object.fromEntries(lists.map((name) => [name, communicator.allGather(outputs[name]!)])),
  };
}

/** Rows of all ranks, one rank after the other, of several tensors in one message. */
function gatherRows(communicator: Communicator, tensors: readonly Tensor2D[]): Tensor2D[] {
  const { size } = communicator;
  const flat = tidy(() => concat(tensors.map((each) => reshape(each, [-1]))).dataSync() as Float32Array);
  const all = communicator.allGather(flat);
  let start = 0;
  return tensors.map(({ shape, size: length }) => {
    const values = new Float32Array(length * size);
    for (let rank = 0; rank < size; rank++) {
      const from = rank * flat.length + start;
      values.set(all.subarray(from, from + length), rank * length);
    }
    start += length;
    return tensor(values, [shape[0] * size, shape[1]]) as Tensor2D;
  });
}

/**
 * This rank's rows of something that has those of all ranks.
 *
 * @throws ShapeError where the ranks do not divide the rows.
 *
 * @example
 * ownRows(oneRank(), tf.tensor2d([[1], [2]])).arraySync(); // => [[1], [2]]
 */
export function ownRows<T extends Tensor>({ rank, size }: Pick<Communicator, 'rank' | 'size'>, whole: T): T {
  const rows = whole.shape[0]! / size;
  if (!Number.isInteger(rows)) {
    throw new ShapeError('ownRows', `input is [${whole.shape.join(', ')}], expected a multiple of ${size} rows, the ranks.`, { received: whole.shape });
  }
  return slice(whole, rank * rows, rows);
}

/**
 * The sums over all ranks, in one message: one concatenation, one copy to the host and one back, in half the time of a message for each tensor. The
 * tensors given stay the caller's.
 *
 * @example
 * sumOverRanks(oneRank(), [tf.tensor1d([1, 2]), tf.scalar(3)]).map((sum) => sum.arraySync()); // => [[1, 2], 3]
 */
export function sumOverRanks(communicator: Communicator, tensors: readonly Tensor[]): Tensor[] {
  if (tensors.length === 0) return [];
  return tidy(() => {
    const flat = concat(tensors.map((each) => reshape(each, [-1]))).dataSync() as Float32Array;
    const sums = split(tensor1d(communicator.allReduce(flat)), tensors.map(({ size }) => size));
    return sums.map((sum, i) => reshape(sum, tensors[i]!.shape));
  });
}

/**
 * Gives every rank the values of rank 0, float32 and int32.
 *
 * @example
 * broadcastVariables(oneRank(), [tf.variable(tf.ones([2]))]); // as they were
 */
export function broadcastVariables(communicator: Communicator, variables: readonly Variable[]): void {
  for (const dtype of ['float32', 'int32'] as const) {
    const some = variables.filter((variable) => variable.dtype === dtype);
    if (some.length === 0) continue;
    tidy(() => {
      const flat = concat(some.map((variable) => reshape(variable as Tensor, [-1]))).dataSync() as Float32Array | Int32Array;
      const parts = split(tensor1d(communicator.broadcast(flat), dtype), some.map(({ size }) => size));
      some.forEach((variable, i) => variable.assign(reshape(parts[i]!, variable.shape)));
    });
  }
}
