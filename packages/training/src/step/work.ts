/** The input of a step, and its progress. */
import type { Communicator, StepOutputs } from '@kindred/core';
import type { Method } from '@kindred/methods';
import { keep, type Scalar, type Tensor, type Variable } from '@tensorflow/tfjs-core';

/** One step, its settings resolved. */
export interface StepWork<Input extends Tensor = Tensor> {
  readonly method: Method<Input>;
  /** This rank's rows of each view. */
  readonly views: readonly Input[];
  readonly sampleIds: Int32Array;
  readonly labels?: Int32Array | undefined;
  /** Steps done before this one. */
  readonly step: number;
  /** The method's parameters by name. */
  readonly names: readonly string[];
  /** Variable i has name i. */
  readonly variables: readonly Variable[];
  /** Rows that run through the networks at once. */
  readonly chunkSize: number;
  /** How many chunks this rank has. */
  readonly chunks: number;
  /** Whether each chunk's loss is taken by itself. */
  readonly accumulated: boolean;
  readonly communicator: Communicator;
  /** Named in errors. */
  readonly when: string;
}

/** The progress of a step: what errors report, and what is freed at its end. */
export interface StepProgress {
  /** The networks' outputs for the whole batch, as soon as they are known. */
  outputs?: StepOutputs;
  /** NaN until it is read. */
  loss: number;
  readonly made: Tensor[];
}

/** The result of the phases up to the backward pass. */
export interface StepGradients {
  readonly loss: Scalar;
  /** Entry i belongs to variable i; undefined if the loss does not depend on it. */
  readonly gradients: readonly (Tensor | undefined)[];
}

/** Keeps a tensor until the step ends. */
export const keeping =
  ({ made }: StepProgress) =>
  <T extends Tensor>(tensor: T): T => {
    made.push(keep(tensor));
    return tensor;
  };
