/** One training step: targets, forward, loss, backward, optimiser, strategy. */
import { DivergenceError, flattenParameters, KindredError, StateError, type StepOutputs } from '@kindred/core';
import type { Method } from '@kindred/methods';
import type { Optimizer } from '@kindred/optimizers';
import { all, dispose, isFinite as finite, memory, type Tensor, type Tensor4D, tidy } from '@tensorflow/tfjs-core';
import { accumulatedGradients } from './accumulated-step.js';
import { chunkedGradients } from './chunked-step.js';
import { checkChunks } from './chunks.js';
import { type StepProgress, type StepWork, wholeGradients } from './step-gradients.js';

/** What one step works on. */
export interface TrainStepInput {
  readonly method: Method;
  readonly optimizer: Optimizer;
  /** One `[N, H, W, C]` for each view the method takes. They stay the caller's. */
  readonly views: readonly Tensor4D[];
  /** `[N]`, the samples' numbers in their dataset. */
  readonly sampleIds: Int32Array;
  /** `[N]`, where known. */
  readonly labels?: Int32Array | undefined;
  readonly learningRate: number;
  /** Steps done before this one. Default: 0. */
  readonly step?: number;
  /** Named in errors: `step 12 (epoch 1)`. */
  readonly when?: string;
  /**
   * Images that run through the networks at once, a divisor of N: less memory, the same gradients, one more forward pass.
   * Batch norm normalises each chunk by its own statistics. Default: all.
   */
  readonly chunkSize?: number | undefined;
  /** With `chunkSize`: the mean of the chunks' gradients, without the second pass, where the loss allows it. Default: false. */
  readonly accumulate?: boolean | undefined;
  /** Called with what the networks made of the whole batch, after the step. The tensors are freed when it returns. */
  readonly observe?: ((outputs: StepOutputs) => void) | undefined;
}

/**
 * Trains one step and returns its loss. Weights change only after the loss proved to be a number.
 *
 * @throws DivergenceError where the loss is not finite, saying which tensors of the step are not.
 * @throws StateError where a parameter gets no gradient, or the step left tensors behind; in chunks also where the networks
 * draw at random, or accumulating would train another loss.
 * @throws ArgumentError for a `chunkSize` that does not divide N, or `accumulate` without it.
 */
export function trainStep(input: TrainStepInput): number {
  const { method, optimizer, views, sampleIds, labels, learningRate, step = 0, when = 'this step', chunkSize, accumulate } = input;
  checkChunks('trainStep', sampleIds.length, chunkSize, accumulate);
  const before = memory().numTensors;
  const parameters = flattenParameters(method.parameters());
  const names = new Map(Object.entries(parameters).map(([name, variable]) => [variable.name, name]));
  const work: StepWork = { method, views, sampleIds, labels, step, variables: Object.values(parameters), when };
  const progress: StepProgress = { loss: NaN, made: [] };
  try {
    const gradients =
      chunkSize === undefined || chunkSize === sampleIds.length
        ? wholeGradients(work, progress)
        : (accumulate === true ? accumulatedGradients : chunkedGradients)(work, chunkSize, progress);
    optimizer.step(byName(method, gradients, names), learningRate);
    method.update(progress.outputs!);
    input.observe?.(progress.outputs!);
  } catch (error) {
    const { outputs, loss } = progress;
    // a part may have met the first NaN before the loss did: say where the numbers ended all the same
    if (outputs !== undefined && KindredError.is(error) && error.name === 'DivergenceError') {
      throw divergence(when, loss, views, outputs, parameters, error);
    }
    throw error;
  } finally {
    dispose(progress.made);
  }
  const left = memory().numTensors - before;
  if (left > 0) {
    throw new StateError(method.name, `${when} left ${left} tensors behind.`, 'Wrap what the method computes in tf.tidy, and dispose what it replaces.');
  }
  return progress.loss;
}

/** Gradients by the parameters' own names. tfjs leaves those out that the loss does not depend on. */
function byName(method: Method, grads: Readonly<Record<string, Tensor>>, names: ReadonlyMap<string, string>): Record<string, Tensor> {
  const gradients: Record<string, Tensor> = {};
  const without: string[] = [];
  for (const [key, name] of names) {
    if (grads[key] == null) without.push(name);
    else gradients[name] = grads[key];
  }
  if (without.length > 0) {
    const some = `${without.slice(0, 3).join(', ')}${without.length > 3 ? ', ...' : ''}`;
    throw new StateError(`${method.name}.loss`, `does not depend on ${some}.`, 'Leave unused parts out of the method.');
  }
  return gradients;
}

/** Says where numbers stopped being numbers: in what went in, in the weights, in what came out, or in the loss alone. */
function divergence(
  when: string,
  loss: number,
  views: readonly Tensor4D[],
  outputs: StepOutputs,
  parameters: Readonly<Record<string, Tensor>>,
  cause: unknown,
): DivergenceError {
  const bad = (tensor: Tensor): boolean => tidy(() => all(finite(tensor)).dataSync()[0] === 0);
  const named: [string, Tensor][] = [
    ...views.map((view, i): [string, Tensor] => [`view ${i + 1}`, view]),
    ...Object.entries(parameters),
    ...outputs.projections.map((tensor, i): [string, Tensor] => [`projections of view ${i + 1}`, tensor]),
    ...(outputs.predictions ?? []).map((tensor, i): [string, Tensor] => [`predictions of view ${i + 1}`, tensor]),
    ...(outputs.targets ?? []).map((tensor, i): [string, Tensor] => [`targets of view ${i + 1}`, tensor]),
  ];
  const first = named.find(([, tensor]) => bad(tensor))?.[0];
  const where = first === undefined ? 'all that goes into the loss is finite' : `the first that is not finite: ${first}`;
  return new DivergenceError(when, `the loss is ${loss}; ${where}.`, 'Lower the learning rate or lengthen the warm-up; the last checkpoint is unharmed.', cause);
}
