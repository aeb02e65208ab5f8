/** Chooses the penalty of a linear probe without looking at test rows. */
import { holdOut } from '@kindred/datasets';
import { classSizes, selectFeatures } from './features.js';
import { agreement, type FitOptions, fitProbe, predictions, type ProbeFit, type Problem } from './probe-fit.js';

/** The accuracy of one strength on the held-out rows. */
export interface ProbeCandidate {
  readonly regularization: number;
  /** 0..1 */
  readonly heldOutAccuracy: number;
}

/** The chosen strength, and what it was chosen by. */
export interface StrengthChoice {
  readonly regularization: number;
  /** The accuracy of the chosen one; absent if there was nothing to choose by. */
  readonly heldOutAccuracy?: number;
  /** All that were tried, strongest first; empty if there was nothing to choose by. */
  readonly candidates: readonly ProbeCandidate[];
  /** The fit of the chosen one to the remaining rows: close to the fit to all rows. */
  readonly fit?: ProbeFit;
}

/**
 * Fits every strength to four fifths of each class, and takes the one most accurate on the remaining fifth: the largest
 * of equally accurate ones. If no class has a row to spare, there is nothing to choose by, and the largest is taken.
 */
export async function chooseStrength(
  { features, labels, classes }: Problem,
  strengths: readonly number[],
  options: FitOptions & { readonly seed: number },
): Promise<StrengthChoice> {
  // a strong penalty is fitted in few iterations, and a weaker one then starts near its end
  const falling = [...new Set(strengths)].sort((a, b) => b - a);
  if (Math.max(...classSizes(labels).values()) < 2) return { regularization: falling[0]!, candidates: [] };
  const { rest, held } = holdOut(labels, 1 / 5, options.seed);
  const part = (rows: Int32Array): Problem => ({
    features: selectFeatures(features, rows),
    labels: rows.map((row) => labels[row]!),
    classes,
  });
  const aside = part(held);
  const fits = await fitProbe(part(rest), falling, 'choosing', options);
  const candidates = (await predictions(fits, aside.features)).map(
    (predicted, i): ProbeCandidate => ({ regularization: falling[i]!, heldOutAccuracy: agreement(predicted, aside.labels) }),
  );
  const chosen = candidates.reduce((best, candidate) => (candidate.heldOutAccuracy > best.heldOutAccuracy ? candidate : best));
  return { ...chosen, candidates, fit: fits[candidates.indexOf(chosen)]! };
}
