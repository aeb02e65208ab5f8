/** Last phase: everything that a step changes. */
import type { StepOutputs } from '@kindred/core';
import type { Optimizer } from '@kindred/optimizers';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { MovingStatistics } from './moving-statistics.js';
import type { StepWork } from './work.js';

/** Moving statistics, weights, then the momentum encoder and what the strategy remembers. */
export function update<Input extends Tensor>(
  { method, names }: StepWork<Input>,
  optimizer: Optimizer,
  gradients: readonly Tensor[],
  learningRate: number,
  statistics: MovingStatistics,
  outputs: StepOutputs,
): void {
  statistics.settle();
  optimizer.step(Object.fromEntries(names.map((name, i) => [name, gradients[i]!])), learningRate);
  method.update(outputs);
}
