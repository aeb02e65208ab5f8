/** Second phase: the rows of all ranks for the loss, and later the sum of their gradients. */
import { type Communicator, type StepOutputs, valuesOf } from '@kindred/core';
import { clone, concat, reshape, slice, split, type Tensor, tensor, tensor1d, type Tensor2D, tidy } from '@tensorflow/tfjs-core';
import type { Embeddings } from './chunks.js';
import type { StepWork } from './work.js';

/**
 * The outputs of the whole batch: the rows of all ranks, one rank after the other, each tensor a separate leaf. A loss of
 * these is the whole batch's, the same number on every rank, and row i of its gradients belongs to whoever made row i. Two
 * messages, one of float32 and one of int32.
 */
export function exchange({ communicator, sampleIds, labels, step }: Pick<StepWork, 'communicator' | 'sampleIds' | 'labels' | 'step'>, own: Embeddings): StepOutputs {
  const rows = gatherRows(communicator, [...own.projections, ...(own.predictions ?? []), ...(own.targets ?? []), ...(own.features ?? [])]);
  const next = <T extends readonly unknown[]>(like: T): Tensor2D[] => rows.splice(0, like.length);
  const lists = communicator.allGather(labels === undefined ? sampleIds : joinLists(sampleIds, labels));
  const parts = labels === undefined ? 1 : 2;
  const list = (part: number): Int32Array => partOfEach(lists, communicator.size, parts, part);
  return {
    projections: next(own.projections),
    ...(own.predictions && { predictions: next(own.predictions) }),
    ...(own.targets && { targets: next(own.targets) }),
    ...(own.features && { features: next(own.features) }),
    sampleIds: list(0),
    ...(labels && { labels: list(1) }),
    step,
  };
}

const joinLists = (one: Int32Array, other: Int32Array): Int32Array => Int32Array.from([...one, ...other]);

/** From a list to which each rank contributed equal parts: one part of every rank, one rank after the other. */
function partOfEach(lists: Int32Array, ranks: number, parts: number, part: number): Int32Array {
  const length = lists.length / ranks / parts;
  return lists.filter((_, i) => Math.floor(i / length) % parts === part);
}

/** Rows of all ranks, one rank after the other, of several tensors in one message. */
function gatherRows(communicator: Communicator, tensors: readonly Tensor2D[]): Tensor2D[] {
  const { size } = communicator;
  if (size === 1) return tensors.map((each) => clone(each));
  const flat = valuesOf(() => concat(tensors.map((each) => reshape(each, [-1]))));
  const all = communicator.allGather(flat);
  let start = 0;
  return tensors.map(({ shape, size: length }) => {
    const values = new Float32Array(length * size);
    for (let rank = 0; rank < size; rank++) {
      const from = rank * flat.length + start;
      values.set(all.subarray(from, from + length), rank * length);
    }
    start += length;
    return tensor(values, [shape[0] * size, shape[1]]);
  });
}

/** This rank's rows of a tensor with those of all ranks. */
export const ownRows = <T extends Tensor>({ rank, size }: Communicator, whole: T): T => {
  const rows = whole.shape[0]! / size;
  return size === 1 ? whole : slice(whole, rank * rows, rows);
};

/** The sums over all ranks, in one message: one concatenation, one copy to the host and one back. With one rank they are the given tensors. */
export function sumOverRanks(communicator: Communicator, tensors: readonly Tensor[]): readonly Tensor[] {
  if (communicator.size === 1 || tensors.length === 0) return tensors;
  return tidy(() => {
    const flat = valuesOf(() => concat(tensors.map((each) => reshape(each, [-1]))));
    const sums = split(tensor1d(communicator.allReduce(flat, 'sum', true)), tensors.map(({ size }) => size));
    return sums.map((sum, i) => reshape(sum, tensors[i]!.shape));
  });
}
