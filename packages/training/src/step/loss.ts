/** Third phase: the loss of the embeddings, and its gradients for them. */
import type { StepOutputs } from '@kindred/core';
import { engine, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import { trainedOf } from './chunks.js';
import type { StepWork } from './work.js';

/** A loss and its gradients, without the networks. */
export interface LossGradients {
  readonly value: Scalar;
  /** One for each projection, then for each prediction; null if the loss does not depend on it. */
  readonly embeddings: readonly (Tensor | null)[];
  /** One for each variable: what the loss itself learns (prototypes). Null for the networks' own. */
  readonly variables: readonly (Tensor | null)[];
}

/** The method's loss of these outputs, and its gradients for them. */
export function lossGradients<Input extends Tensor>({ method, variables }: StepWork<Input>, outputs: StepOutputs): LossGradients {
  const embeddings = trainedOf(outputs);
  const { value, grads } = engine().gradients(() => method.loss(outputs), [...embeddings, ...variables], undefined, true);
  return { value, embeddings: grads.slice(0, embeddings.length), variables: grads.slice(embeddings.length) };
}
