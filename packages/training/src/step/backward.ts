/** Fourth phase: from gradients for embeddings to gradients for parameters. */
import { addN, engine, mul, scalar, sum, type Tensor } from '@tensorflow/tfjs-core';
import { besideTape } from './beside-tape.js';
import { type Embeddings, embeddingsOf, trainedOf } from './chunks.js';
import type { StepWork } from './work.js';

/**
 * Runs the networks on views with a tape, takes the loss's gradients for the embeddings, and goes back through the tape: the
 * gradient of Σ e ⊙ ∂L/∂e for the parameters is ∂L/∂θ, by the chain rule. What `wanted` computes leaves no trace on the tape.
 *
 * @param wanted One gradient for each projection, then for each prediction; null if the loss does not depend on it.
 */
export function backward<Input extends Tensor>(
  { method, variables }: StepWork<Input>,
  views: readonly Input[],
  wanted: (embeddings: Embeddings) => readonly (Tensor | null)[],
): readonly (Tensor | null)[] {
  const surrogate = (): Tensor => {
    const embeddings = embeddingsOf(method.forward(views, 'train'), undefined);
    const gradients = besideTape(() => wanted(embeddings));
    const terms = trainedOf(embeddings).flatMap((embedding, i) => (gradients[i] == null ? [] : [sum(mul(embedding, gradients[i]))]));
    return terms.length === 0 ? scalar(0) : addN(terms);
  };
  return engine().gradients(surrogate, [...variables], undefined, true).grads;
}
