/** Fifth phase: checks that all numbers are finite before anything changes. */
import { DivergenceError, type StepOutputs } from '@kindred/core';
import { allFinite, readLoss } from '@kindred/optimizers';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import type { StepWork } from './work.js';

/**
 * Reads the loss and checks all gradients in one transfer from the backend.
 *
 * @returns The loss.
 * @throws DivergenceError if the loss or a value of a gradient is NaN or infinite; it names the first such tensor.
 */
export function checkFinite<Input extends Tensor>(work: StepWork<Input>, loss: Scalar, gradients: readonly Tensor[], outputs: StepOutputs): number {
  const { loss: value, notFinite } = readLoss(loss, gradients);
  if (!Number.isFinite(value)) throw divergence(work, value, outputs);
  if (notFinite !== undefined) throw divergence(work, value, outputs, `the gradient of ${work.names[notFinite]!}`);
  return value;
}

/** Names the first tensor that is not finite: among the inputs, the weights, the outputs and the gradients, or else the loss. */
export function divergence<Input extends Tensor>(
  { when, views, names, variables }: StepWork<Input>,
  loss: number,
  outputs: StepOutputs,
  gradient?: string,
  cause?: unknown,
): DivergenceError {
  const named: [string, Tensor][] = [
    ...views.map((view, i): [string, Tensor] => [`view ${i + 1}`, view]),
    ...names.map((name, i): [string, Tensor] => [name, variables[i]!]),
    ...outputs.projections.map((tensor, i): [string, Tensor] => [`projections of view ${i + 1}`, tensor]),
    ...(outputs.predictions ?? []).map((tensor, i): [string, Tensor] => [`predictions of view ${i + 1}`, tensor]),
    ...(outputs.targets ?? []).map((tensor, i): [string, Tensor] => [`targets of view ${i + 1}`, tensor]),
    ...(outputs.features ?? []).map((tensor, i): [string, Tensor] => [`features of view ${i + 1}`, tensor]),
  ];
  const first = named.find(([, tensor]) => !allFinite(tensor))?.[0] ?? gradient;
  const place = first === undefined ? 'all that goes into the loss is finite' : `the first that is not finite: ${first}`;
  return new DivergenceError(when, `the loss is ${loss}; ${place}.`, 'Lower the learning rate or lengthen the warm-up; the last checkpoint is unharmed.', cause);
}
