/** An update that happens only if loss and gradients are finite. */
import { all, concat, isFinite as finite, reshape, type Scalar, type Tensor, tidy } from '@tensorflow/tfjs-core';
import type { NamedGradients, Optimizer } from './optimizer.js';
import { squaredNorms } from './ops/squared-norms.js';

/** A loss that has been read, and whether its gradients can be applied. */
export interface ReadLoss {
  /** The loss, which may be NaN or infinite. */
  readonly loss: number;
  /** The number of the first gradient that holds NaN or ∞; undefined if none does. */
  readonly notFinite: number | undefined;
}

/**
 * Reads a loss and checks its gradients in one transfer from the backend.
 *
 * @example
 * readLoss(tf.scalar(0), [tf.tensor1d([1, 2]), tf.tensor1d([NaN])]); // => { loss: 0, notFinite: 1 }
 */
export function readLoss(loss: Scalar, gradients: readonly Tensor[]): ReadLoss {
  const joined = tidy(() => (gradients.length === 0 ? reshape(loss, [1]) : concat([reshape(loss, [1]), squaredNorms(gradients)])));
  const [value, ...norms] = joined.dataSync();
  joined.dispose();
  // a square may overflow where the gradient itself is finite: look at the gradient itself
  const first = norms.findIndex((norm, i) => !Number.isFinite(norm) && !allFinite(gradients[i]!));
  return { loss: value!, notFinite: first < 0 ? undefined : first };
}

/**
 * Whether a tensor holds neither NaN nor ∞.
 *
 * @example
 * allFinite(tf.tensor1d([1, Infinity])); // => false
 */
export const allFinite = (tensor: Tensor): boolean => tidy(() => all(finite(tensor)).dataSync()[0] !== 0);

/**
 * Makes one update, unless the loss or a gradient is not finite: then no weight and no moment changes. Loss and gradients stay the
 * caller's.
 *
 * @returns The loss, and the name of the first gradient that is not finite.
 * @throws ArgumentError, ShapeError as `Optimizer.step` does.
 *
 * @example
 * const w = tf.variable(tf.scalar(1));
 * const optimizer = sgd({ parameters: { w }, momentum: 0, weightDecay: 0 });
 * guardedStep(optimizer, { loss: tf.scalar(2), gradients: { w: tf.scalar(NaN) }, learningRate: 0.1 }); // => { loss: 2, notFinite: 'w' }
 * w.dataSync()[0]; // => 1
 */
export function guardedStep(
  optimizer: Optimizer,
  { loss, gradients, learningRate }: { readonly loss: Scalar; readonly gradients: NamedGradients; readonly learningRate: number },
): { readonly loss: number; readonly notFinite: string | undefined } {
  const names = Object.keys(gradients);
  const read = readLoss(loss, Object.values(gradients));
  if (Number.isFinite(read.loss) && read.notFinite === undefined) optimizer.step(gradients, learningRate);
  return { loss: read.loss, notFinite: read.notFinite === undefined ? undefined : names[read.notFinite] };
}
