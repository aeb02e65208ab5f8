/** What maps images to embeddings: backbones, heads, and compositions of both. */
import type { Tensor, Tensor2D, Tensor4D, Variable } from '@tensorflow/tfjs-core';

/**
 * Trainable or moving values by name, nested: `{ conv1: { weight }, bn1: { weight, bias } }`. Joined with dots the names
 * are torchvision's.
 */
export interface ParameterTree {
  readonly [name: string]: Variable | ParameterTree;
}

/**
 * How a network runs. `train`: batch statistics, and the moving ones follow. `eval`: moving statistics, nothing changes
 * (frozen batch norm).
 */
export type Mode = 'train' | 'eval';

/** A differentiable part with parameters. */
export interface Network<Input extends Tensor = Tensor, Output extends Tensor = Tensor> {
  /** Applies the network. May be called inside a gradient scope. */
  apply(input: Input, mode: Mode): Output;
  /** What an optimiser trains. The same objects at every call. */
  parameters(): ParameterTree;
  /** All other values: batch norm's statistics, which change without a gradient, and weights that are frozen. Empty if there are none. */
  buffers(): ParameterTree;
}

/** Inputs to embeddings `[N, D]`. Images, the default, are `[N, H, W, C]`, in 0..1 unless the encoder says otherwise. */
export interface Encoder<Input extends Tensor = Tensor4D> extends Network<Input, Tensor2D> {
  /** D, the length of an embedding. */
  readonly dimension: number;
}

/** Embeddings `[N, D]` to embeddings `[N, E]`: a projection or prediction head. */
export interface Head extends Network<Tensor2D, Tensor2D> {
  /** E, the length of an output. */
  readonly dimension: number;
}
