/** Chooses the penalty of a linear probe without looking at test rows. */
import { ArgumentError } from '@kindred/core';
import { selectFeatures } from './features.js';
import { holdOut } from './held-out.js';
import { agreement, type FitOptions, fitProbe, predictions, type Problem } from './probe-fit.js';

/** How well one strength did on the rows set aside. */
export interface ProbeCandidate {
  readonly regularization: number;
  /** 0..1 */
  readonly heldOutAccuracy: number;
}

/**
 * Fits every strength to four fifths of each class, and takes the one most accurate on the remaining fifth: the largest
 * of equals.
 *
 * @returns The one chosen, and all, strongest first.
 * @throws ArgumentError where no class has a row to spare.
 */
export async function chooseStrength(
  { features, labels, classes }: Problem,
  strengths: readonly number[],
  options: FitOptions & { readonly seed: number },
): Promise<ProbeCandidate & { readonly candidates: readonly ProbeCandidate[] }> {
  const { kept, heldOut } = holdOut(labels, options.seed);
  if (heldOut.length === 0) {
    throw new ArgumentError(
      'linearProbe.regularization',
      'one number, as no class of train has a second row to choose by',
      strengths,
    );
  }
  const part = (rows: Int32Array): Problem => ({
    features: selectFeatures(features, rows),
    labels: rows.map((row) => labels[row]!),
    classes,
  });
  const aside = part(heldOut);
  // a strong penalty is fitted in few iterations, and a weaker one then starts near its end
  const falling = [...new Set(strengths)].sort((a, b) => b - a);
  const fits = await fitProbe(part(kept), falling, 'choosing', options);
  const candidates: ProbeCandidate[] = [];
  for (const [i, fit] of fits.entries()) {
    const heldOutAccuracy = agreement(await predictions(fit, aside.features), aside.labels);
    candidates.push({ regularization: falling[i]!, heldOutAccuracy });
  }
  const chosen = candidates.reduce((best, candidate) => (candidate.heldOutAccuracy > best.heldOutAccuracy ? candidate : best));
  return { ...chosen, candidates };
}
