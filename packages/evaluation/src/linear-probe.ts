/** The linear probe: how well one linear layer on frozen embeddings classifies. */
import { ArgumentError } from '@kindred/core';
import { classPlaces } from './class-places.js';
import { chooseStrength, type ProbeCandidate } from './choose-strength.js';
import { checkFeatures, checkLabels, checkSameDimension, checkSeveralClasses, type Features } from './features.js';
import { agreement, type FitOptions, fitProbe, predictions as predict, rawCoefficients } from './probe-fit.js';

export interface LinearProbeOptions extends FitOptions {
  readonly train: Features;
  readonly test: Features;
  /** How many classes the dataset has: a label beyond is refused. Default: any numbers will do. */
  readonly classes?: number | undefined;
  /** λ above 0, scikit-learn's 1/C; or several, of which one is chosen on a part of `train`. */
  readonly regularization: number | readonly number[];
  /** Draws the part of `train` that chooses between several λ. */
  readonly seed: number;
}

export interface LinearProbeResult {
  /** The share of `test` whose predicted class is right, 0..1. */
  readonly accuracy: number;
  /** The predicted class of each row of `test`. */
  readonly predictions: Int32Array;
  /** λ of the fit, the one chosen. */
  readonly regularization: number;
  /**
   * Who chose λ: the caller, who gave one; the held-out rows, among several; or default, because no class of `train` has a second row to
   * hold out: then it is the largest of several.
   */
  readonly chosenBy: 'caller' | 'held-out rows' | 'default';
  /** Every λ that was tried on the rows held out, largest first; empty if there was nothing to choose. */
  readonly candidates: readonly ProbeCandidate[];
  /** The accuracy of the chosen λ on the rows held out; absent if there was nothing to choose. */
  readonly heldOutAccuracy?: number;
  /** J at the end of the fit. */
  readonly objective: number;
  readonly iterations: number;
  /** Whether the tolerance was met. */
  readonly converged: boolean;
  /** The classes of `train`, ascending: those of the columns of `weights` and of the entries of `bias`. */
  readonly classes: Int32Array;
  /** `[D, classes]`, row-major, for the features as given: logits are `x·weights + bias`, standardised or not. */
  readonly weights: Float64Array;
  /** `[classes]` */
  readonly bias: Float64Array;
}

/**
 * Fits multinomial logistic regression to cached features by L-BFGS, and measures how well it classifies others.
 *
 *     J(W, b) = 1/n [ Σᵢ −log softmax(xᵢW + b)[yᵢ] + λ/2 ‖W‖² ]
 *
 * the objective of scikit-learn's LogisticRegression for three classes or more, with C = 1/λ. For two classes that one
 * penalises only the difference of both columns: there C = 2/λ. The bias is free. A class without a row in `train` is never
 * predicted.
 *
 * Of several λ each is fitted to four fifths of every class, drawn by seed, and the one most accurate on the remaining
 * fifth (the largest of equals) is fitted once more, to all of `train`, from where it ended: a fit like that of it alone, within
 * the tolerance. With one row of each class nothing can be held out, and the largest is taken; `chosenBy` says so. `test` takes no part
 * in the choice.
 *
 * @throws ArgumentError for settings out of range, values that are not finite, labels that are missing or of one class.
 * @throws ShapeError for rows of two lengths.
 *
 * @example
 * const train = { values: Float32Array.of(-2, -1, 1, 2), dimension: 1, labels: Int32Array.of(0, 0, 1, 1) };
 * const settings = { regularization: 1, standardize: false, maximumIterations: 100, tolerance: 1e-5, seed: 0 };
 * (await linearProbe({ train, test: train, ...settings })).accuracy; // => 1
 *
 * @see Kornblith et al. 2019, "Do better ImageNet models transfer better?", appendix A.5: L-BFGS on cached features
 */
export async function linearProbe(options: LinearProbeOptions): Promise<LinearProbeResult> {
  const { train, test } = options;
  const { strengths, labels, wanted } = check(options);
  // only classes that occur are fitted: the bias of another would go to −∞ for ever
  const { classes, places } = classPlaces(labels);
  const problem = { features: train, labels: places, classes: classes.length };

  const choice = strengths.length > 1 ? await chooseStrength(problem, strengths, options) : undefined;
  const regularization = choice?.regularization ?? strengths[0]!;
  const [fit] = await fitProbe(problem, [regularization], 'fitting', options, choice?.fit?.x);
  const [predicted] = await predict([fit!], test);
  const predictions = predicted!.map((place) => classes[place]!);
  return {
    accuracy: agreement(predictions, wanted),
    predictions,
    regularization,
    chosenBy: choice === undefined ? 'caller' : choice.heldOutAccuracy === undefined ? 'default' : 'held-out rows',
    candidates: choice?.candidates ?? [],
    ...(choice?.heldOutAccuracy !== undefined && { heldOutAccuracy: choice.heldOutAccuracy }),
    objective: fit!.value,
    iterations: fit!.iterations,
    converged: fit!.converged,
    classes,
    ...rawCoefficients(fit!),
  };
}

/** Checks all options, and reads from them what has several forms. */
function check(options: LinearProbeOptions): {
  readonly strengths: readonly number[];
  readonly labels: Int32Array;
  readonly wanted: Int32Array;
} {
  const { train, test, regularization, maximumIterations, tolerance } = options;
  const where = 'linearProbe';
  const strengths = typeof regularization === 'number' ? [regularization] : regularization;
  if (strengths.length === 0 || !strengths.every(isPositive)) {
    throw new ArgumentError(`${where}.regularization`, 'a number above 0, or several', regularization, "It is λ, scikit-learn's 1/C.");
  }
  if (!(Number.isInteger(maximumIterations) && maximumIterations > 0)) {
    throw new ArgumentError(`${where}.maximumIterations`, 'a whole number above 0', maximumIterations);
  }
  if (!isPositive(tolerance)) throw new ArgumentError(`${where}.tolerance`, 'a number above 0', tolerance);
  if (options.classes !== undefined && !(Number.isInteger(options.classes) && options.classes >= 2)) {
    throw new ArgumentError(`${where}.classes`, 'a whole number of 2 or more', options.classes);
  }
  checkFeatures(where, 'train', train, 'finite');
  checkFeatures(where, 'test', test, 'finite');
  checkSameDimension(where, train, test);
  const labels = checkLabels(where, 'train', train, options.classes ?? Infinity);
  const wanted = checkLabels(where, 'test', test, options.classes ?? Infinity);
  checkSeveralClasses(where, 'train', labels);
  return { strengths, labels, wanted };
}

const isPositive = (value: number): boolean => value > 0 && Number.isFinite(value);
