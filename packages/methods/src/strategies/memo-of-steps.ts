/** What `select` found, for the `update` of the same step. */
import type { StepOutputs } from '@kindred/core';

/** Remembers by identity of a step's outputs. A cache: it is not part of a strategy's state, and no result depends on it. */
export interface MemoOfSteps<Found> {
  set(outputs: StepOutputs, found: Found): void;
  /** What was set for these outputs; if nothing was, `again` is called to set it. Undefined if that sets nothing either. */
  of(outputs: StepOutputs, again: () => void): Found | undefined;
}

/** A look-up costs as much as a layer of the network, so `update` takes the one that `select` made. */
export function memoOfSteps<Found>(): MemoOfSteps<Found> {
  const found = new WeakMap<StepOutputs, Found>();
  return {
    set: (outputs, value) => void found.set(outputs, value),
    of(outputs, again) {
      if (!found.has(outputs)) again();
      return found.get(outputs);
    },
  };
}
