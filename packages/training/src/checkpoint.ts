/** All that a run needs to go on, as values. */
import {
  flattenParameters,
  type NamedTensors,
  prefixed,
  readParameters,
  under,
  writeParameters,
} from '@kindred/core';
import type { Method } from '@kindred/methods';
import type { Optimizer } from '@kindred/optimizers';

/** A run between two steps. */
export interface Checkpoint {
  /** Steps done. */
  readonly step: number;
  /** Weights and moving statistics of encoder and heads, by name: `encoder.conv1.weight`. */
  readonly model: NamedTensors;
  /** What the optimiser and the strategy remember. */
  readonly state: NamedTensors;
}

/** Copies a run's values. */
export function takeCheckpoint(step: number, method: Method, optimizer: Optimizer): Checkpoint {
  return {
    step,
    model: { ...readParameters(method.parameters()), ...readParameters(method.buffers()) },
    state: { ...prefixed('optimizer', optimizer.state()), ...prefixed('method', method.state()) },
  };
}

/**
 * Puts a run back to a checkpoint, exactly.
 *
 * @throws StateError where the checkpoint is of other networks or parts.
 */
export function restoreCheckpoint({ model, state }: Checkpoint, method: Method, optimizer: Optimizer): void {
  // one tree of both, so that nothing is written before all has been checked
  const all = { ...flattenParameters(method.parameters()), ...flattenParameters(method.buffers()) };
  writeParameters('checkpoint.model', all, model);
  optimizer.restore(under('optimizer', state));
  method.restore(under('method', state));
}
