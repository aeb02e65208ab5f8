/** Everything a run needs to continue, as values. */
import {
  checkParameters,
  DivergenceError,
  flattenParameters,
  joinParts,
  type NamedTensors,
  prefixed,
  readParameters,
} from '@kindred/core';
import type { Method } from '@kindred/methods';
import type { Optimizer } from '@kindred/optimizers';
import type { Tensor } from '@tensorflow/tfjs-core';

/** A run between two steps. */
export interface Checkpoint {
  /** Steps done. */
  readonly step: number;
  /** Weights and moving statistics of encoder and heads, by name: `encoder.conv1.weight`. */
  readonly model: NamedTensors;
  /** The state of the optimiser and the strategy. */
  readonly state: NamedTensors;
}

/**
 * Copies a run's values.
 *
 * @throws DivergenceError if one of them is not finite: a checkpoint is something to go back to.
 */
export function takeCheckpoint<Input extends Tensor>(step: number, method: Method<Input>, optimizer: Optimizer): Checkpoint {
  const checkpoint = {
    step,
    model: { ...readParameters(method.parameters()), ...readParameters(method.buffers()) },
    state: { ...prefixed('optimizer', optimizer.state()), ...prefixed('method', method.state()) },
  };
  for (const [name, { values }] of [...Object.entries(checkpoint.model), ...Object.entries(checkpoint.state)]) {
    if (values.every(Number.isFinite)) continue;
    throw new DivergenceError(`checkpoint of step ${step}`, `${name} is not finite.`, 'Go back to the checkpoint before, with a lower learning rate.');
  }
  return checkpoint;
}

/**
 * Restores a run to a checkpoint, exactly.
 *
 * @throws StateError if the checkpoint belongs to other networks or parts; then nothing has changed anywhere.
 */
export function restoreCheckpoint<Input extends Tensor>({ model, state }: Checkpoint, method: Method<Input>, optimizer: Optimizer): void {
  // both in one tree: their names are those of one model
  const all = { ...flattenParameters(method.parameters()), ...flattenParameters(method.buffers()) };
  const restores = [checkParameters('checkpoint.model', all, model), joinParts('checkpoint.state', { optimizer, method }).check(state)];
  restores.forEach((restore) => restore());
}
