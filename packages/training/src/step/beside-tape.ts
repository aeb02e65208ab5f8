/** Computes gradients inside an open gradient scope, independently of it. */
import { engine } from '@tensorflow/tfjs-core';

/**
 * Runs `compute` as if no gradient scope were open. Nothing of it is recorded on the open tape, so its results are constants
 * there, and its inputs are leaves in the scopes that it opens itself. tfjs would record a nested gradient for the sake of
 * second derivatives, and keep everything that the loss and its backward pass touch until the outer scope ends.
 */
export function besideTape<Result>(compute: () => Result): Result {
  const { state } = engine();
  const { activeTape, gradientDepth } = state;
  state.gradientDepth = 0;
  try {
    return compute();
  } finally {
    state.activeTape = activeTape;
    state.gradientDepth = gradientDepth;
  }
}
