/** Keeps the moving statistics of a step's networks right across chunks and failures. */
import { flattenParameters } from '@kindred/core';
import type { Method } from '@kindred/methods';
import { add, cast, clone, dispose, div, type Tensor, tidy } from '@tensorflow/tfjs-core';

/** Moving statistics through the chunks of a step. */
export interface MovingStatistics {
  /** Runs a chunk from the statistics that the step found. `counted`: its movement belongs to the step's. */
  during<T>(counted: boolean, chunk: () => T): T;
  /** Keeps the step's movement: the statistics become the mean over the counted chunks. */
  settle(): void;
  /** Frees what was remembered. Unless `settle` was called, the statistics are put back to what the step found. */
  end(): void;
}

/**
 * The moving statistics of the networks and of the momentum encoder. Every chunk starts from the statistics that the step found, in its first
 * pass and in its second, so that both see the same, and the step ends at the mean of what the chunks made of them. For a moving
 * average that is one movement towards the chunks' mean, whatever their number; one movement after the other would forget faster,
 * by as many times as there are chunks.
 */
export function movingStatistics<Input extends Tensor>(method: Method<Input>): MovingStatistics {
  const variables = [method.buffers(), method.targetBuffers?.() ?? {}].flatMap((tree) => Object.values(flattenParameters(tree)));
  const found = variables.map((variable) => clone(variable as Tensor));
  /** Frozen weights are among the buffers: what no chunk has assigned is not averaged, which would round it. */
  const still = variables.map(() => true);
  let sums: Tensor[] = [];
  let count = 0;
  let moved = false;
  let settled = false;
  /** Whether the variables hold a counted movement that is not in the sums: the step of one chunk needs none. */
  let uncollected = false;
  const collect = (): void => {
    if (!uncollected) return;
    variables.forEach((variable, i) => (still[i] &&= variable.dataId === found[i]!.dataId));
    const before = sums;
    sums = variables.map((variable, i) => (before.length === 0 ? clone(variable as Tensor) : tidy(() => add(before[i]!, variable))));
    dispose(before);
    uncollected = false;
  };
  const rewind = (): void => variables.forEach((variable, i) => variable.assign(found[i]!));
  return {
    during(counted, chunk) {
      collect();
      if (moved) rewind();
      moved = true;
      const result = chunk();
      if (counted) count++;
      uncollected = counted;
      return result;
    },
    settle() {
      settled = true;
      if (count === 1 && uncollected) return;
      collect();
      // in float32 also if they are whole (a count of steps): div of int32 would round down before the cast
      tidy(() => variables.forEach((variable, i) => variable.assign(still[i] ? found[i]! : cast(div(cast(sums[i]!, 'float32'), count), variable.dtype))));
    },
    end() {
      if (!settled && moved) rewind();
      dispose([...found, ...sums]);
    },
  };
}
