/** The outputs of a step that strategies choose from. */
import { StateError, type StepOutputs } from '@kindred/core';
import type { Tensor2D } from '@tensorflow/tfjs-core';

/** Which of a step's outputs a side of the pairs is taken from. */
export type Side = 'projections' | 'predictions' | 'targets';

/** Those that strategies read, the features that are only looked up included. */
export type Output = Side | 'features';

/** The names of all sides. */
export const sides: readonly Side[] = ['projections', 'predictions', 'targets'];

/** One tensor per view. @throws StateError if the step has none */
export function tensorsOf(where: string, outputs: StepOutputs, side: Output): readonly Tensor2D[] {
  const list = outputs[side];
  if (list === undefined) throw new StateError(where, `the step has no ${side}.`, `Give the method what makes ${side}.`);
  return list;
}
