/** Fits one linear layer to features, with several penalties over the same rows, and predicts with the fits. */
import { DivergenceError } from '@kindred/core';
import { curvatureOf } from './curvature.js';
import type { Features } from './features.js';
import { lbfgs, type Minimum } from './lbfgs.js';
import { type Cancellation, turn } from './progress.js';
import { classify, softmaxObjective, toBlocks } from './softmax-objective.js';
import { noScaling, type Scaling, standardScaling } from './standardize.js';

/** Rows to fit, and their classes. */
export interface Problem {
  readonly features: Features;
  /** 0..K−1, each of them at least once. */
  readonly labels: Int32Array;
  /** K */
  readonly classes: number;
}

/** A fit; its numbers belong to the scaled features. */
export interface ProbeFit extends Minimum {
  readonly scaling: Scaling;
  readonly classes: number;
}

/** How far a probe has come. */
export interface ProbeProgress {
  /** The strength being fitted. */
  readonly regularization: number;
  /** `choosing`: on a part of train, one of several strengths. `fitting`: on all of train, the one chosen. */
  readonly stage: 'choosing' | 'fitting';
  readonly iteration: number;
  readonly objective: number;
  /** The largest entry of the gradient: at `tolerance` the fit ends. */
  readonly largestGradient: number;
}

/** How a linear layer is fitted. */
export interface FitOptions {
  /** Whether every dimension is first brought to mean 0 and deviation 1 by the statistics of `train`. */
  readonly standardize: boolean;
  /** The most iterations of one fit, above 0. */
  readonly maximumIterations: number;
  /** A fit ends once no entry of the gradient of J is larger: above 0. scikit-learn's `tol`; float32 reaches about 1e-6. */
  readonly tolerance: number;
  readonly onProgress?: ((progress: ProbeProgress) => void) | undefined;
  /** An `AbortSignal`. Once aborted, the work stops at the next iteration and throws the signal's reason. */
  readonly signal?: Cancellation | undefined;
}

/**
 * The relative error of a float32 loss: the search along a direction treats smaller changes as noise. On webgl 1.5e-7
 * was seen, and a fit that trusted 1e-7 stopped too early; 1e-6 is Hager and Zhang's own number.
 */
const lossNoise = 1e-6;

/**
 * Fits each strength in turn, the first from `start`, zero by default, every other from the end of the one before. The objective has one
 * minimum, so that a start near it saves iterations and changes nothing beyond the tolerance.
 *
 * @throws DivergenceError if the products of values leave float32.
 */
export async function fitProbe(
  { features, labels, classes }: Problem,
  strengths: readonly number[],
  stage: ProbeProgress['stage'],
  { standardize, maximumIterations, tolerance, onProgress, signal }: FitOptions,
  start?: Float64Array,
): Promise<ProbeFit[]> {
  const scaling = standardize ? standardScaling(features) : noScaling(features.dimension);
  const blocks = toBlocks(features, scaling);
  const objective = softmaxObjective(blocks, labels, classes);
  const curvature = curvatureOf(blocks, classes);
  try {
    const fits: ProbeFit[] = [];
    for (const regularization of strengths) {
      const minimum = await lbfgs({
        start: fits.at(-1)?.x ?? start ?? new Float64Array(objective.size),
        evaluate: (numbers) => objective.evaluate(numbers, regularization),
        precondition: (gradient) => curvature.solve(gradient, regularization),
        maximumIterations,
        tolerance,
        noise: lossNoise,
        async onIteration(iteration, value, largestGradient) {
          onProgress?.({ regularization, stage, iteration, objective: value, largestGradient });
          await turn(signal);
        },
      });
      if (!(Number.isFinite(minimum.value) && minimum.gradient.every(Number.isFinite))) {
        throw new DivergenceError('linearProbe', 'the gradient is beyond the numbers of float32.', 'Set standardize: true.');
      }
      fits.push({ ...minimum, scaling, classes });
    }
    return fits;
  } finally {
    curvature.dispose();
    objective.dispose();
    blocks.dispose();
  }
}

/** The class that each of several fits of one `fitProbe` gives each row, 0..K−1. */
export async function predictions(fits: readonly ProbeFit[], features: Features): Promise<Int32Array[]> {
  const blocks = toBlocks(features, fits[0]!.scaling);
  try {
    const classes: Int32Array[] = [];
    for (const fit of fits) classes.push(await classify(blocks, fit.x, fit.classes));
    return classes;
  } finally {
    blocks.dispose();
  }
}

/** The share of positions at which both are equal. */
export function agreement(predicted: Int32Array, wanted: Int32Array): number {
  return predicted.reduce((count, label, row) => (label === wanted[row] ? count + 1 : count), 0) / wanted.length;
}

/** A fit's numbers for features before they are scaled. */
export function rawCoefficients({ x, scaling: { mean, deviation }, classes }: ProbeFit): { weights: Float64Array; bias: Float64Array } {
  const dimension = mean.length;
  const weights = new Float64Array(dimension * classes);
  const bias = x.slice(dimension * classes);
  for (let d = 0; d < dimension; d++) {
    for (let k = 0; k < classes; k++) {
      const weight = x[d * classes + k]! / deviation[d]!;
      weights[d * classes + k] = weight;
      bias[k]! -= mean[d]! * weight;
    }
  }
  return { weights, bias };
}
