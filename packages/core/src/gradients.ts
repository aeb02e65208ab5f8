/** Whether tfjs knows how to differentiate. */
import { getGradient } from '@tensorflow/tfjs-core';
import { BackendError } from './errors.js';

/**
 * Checks that gradients are registered. tfjs-core alone has none: the union package `@tensorflow/tfjs` registers
 * them when it is imported, and the engine imports it.
 *
 * @throws BackendError that says which package to import.
 *
 * @example
 * requireGradients('pretrain'); // returns: this program has imported @tensorflow/tfjs
 */
export function requireGradients(where: string): void {
  if (getGradient('Sum') !== undefined) return;
  throw new BackendError(
    where,
    'no gradients are registered, training needs them.',
    "Import '@tensorflow/tfjs' once (or call useTensorFlow() of @kindred/tensorflow) before.",
  );
}
