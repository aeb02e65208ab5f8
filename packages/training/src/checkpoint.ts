/** All that a run needs to go on, as values. */
import {
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
  writeParameters('checkpoint.model', { parameters: method.parameters(), buffers: method.buffers() }, split(model, method));
  optimizer.restore(under('optimizer', state));
  method.restore(under('method', state));
}

/** The model's values under `parameters` or `buffers`, as its trees have them; unknown names stay and are refused. */
function split(model: NamedTensors, method: Method): NamedTensors {
  const buffers = new Set(Object.keys(readNames(method)));
  return Object.fromEntries(
    Object.entries(model).map(([name, value]) => [`${buffers.has(name) ? 'buffers' : 'parameters'}.${name}`, value]),
  );
}

const readNames = (method: Method): NamedTensors => readParameters(method.buffers());
