/** The gradients of a step, by one pass over the whole batch. */
import { DivergenceError, type StepOutputs } from '@kindred/core';
import type { Forward, Method } from '@kindred/methods';
import { keep, type Scalar, type Tensor, type Tensor4D, type Variable, variableGrads } from '@tensorflow/tfjs-core';
import { trainedOf } from './chunks.js';

/** What gradients are computed of. */
export interface StepWork {
  readonly method: Method;
  readonly views: readonly Tensor4D[];
  readonly sampleIds: Int32Array;
  readonly labels?: Int32Array | undefined;
  /** Steps done before this one. */
  readonly step: number;
  /** The method's parameters. */
  readonly variables: readonly Variable[];
  /** Named in errors. */
  readonly when: string;
}

/** How far a step has come: what errors tell of, and what is freed at its end. */
export interface StepProgress {
  outputs?: StepOutputs;
  loss: number;
  readonly made: Tensor[];
}

/**
 * Targets, forward pass, loss and gradients, by the variables' tfjs names. All that is made goes to `progress`. The
 * gradients are left out that the loss does not depend on.
 *
 * @throws DivergenceError where the loss is not finite.
 */
export function wholeGradients(work: StepWork, progress: StepProgress): Record<string, Tensor> {
  const { method, views, sampleIds, labels, step, variables } = work;
  const { made } = progress;
  const targets = method.targets?.(views);
  made.push(...(targets ?? []));
  const { value, grads } = variableGrads(() => {
    const outputs = { ...method.forward(views, 'train'), step, sampleIds, ...(targets && { targets }), ...(labels && { labels }) };
    progress.outputs = outputs;
    made.push(...trainedOutputs(outputs).map((tensor) => keep(tensor)));
    return method.loss(outputs);
  }, [...variables]);
  made.push(value, ...Object.values(grads));
  readLoss(value, work, progress);
  return grads;
}

/** What gradient flows into: projections, then predictions; each tensor once. */
export const trainedOutputs = (outputs: Forward): Tensor[] => [...new Set(trainedOf(outputs))];

/** Notes the loss. @throws DivergenceError where it is not finite */
export function readLoss(value: Scalar | number, { when }: StepWork, progress: StepProgress): void {
  progress.loss = typeof value === 'number' ? value : value.dataSync()[0]!;
  if (!Number.isFinite(progress.loss)) throw new DivergenceError(when, `the loss is ${progress.loss}.`);
}
