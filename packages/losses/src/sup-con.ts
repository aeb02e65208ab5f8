/** SupCon: all rows of the same class are positives. */
import { ArgumentError, logSumExp, type PositivePairs } from '@kindred/core';
import { add, eye, mean, mul, type Scalar, sub, sum, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { checkPairs, checkTemperature, refuseNegatives } from './checks.js';
import { absent, viewScores } from './views.js';

/** How `supCon` compares. */
export interface SupConOptions {
  /** Softmax temperature τ > 0. No default: the paper trains with 0.07 to 0.1. */
  readonly temperature: number;
}

/** Pairs whose samples have classes. */
export interface LabeledPairs extends PositivePairs {
  /** `[N]`: the class of each pair. −1 where unknown: such a row's one positive is its other view. */
  readonly labels?: Int32Array;
}

/**
 * Supervised contrastive loss: each of the 2N rows has as positives its other view and all rows of its class.
 *
 *     z = [anchors; positives]     L = mean_i [ log Σ_{k≠i} exp(zᵢ·z_k / τ) − mean_{p∈P(i)} zᵢ·z_p / τ ]     over the 2N rows
 *
 * This is the paper's L_out, the mean over positives outside of the logarithm. Where all labels differ it is `ntXent`. Rows
 * are normalised here. Gradient flows into both inputs.
 *
 * Scale: mean over the 2N rows, PyTorch Metric Learning's `SupConLoss` factor 1. The authors' code multiplies by
 * τ / 0.07. The loss of that name in solo-learn is another one: the sum over positives inside of the logarithm.
 *
 * @throws ArgumentError for a temperature that is not above 0, pairs with negatives, or without N labels.
 * @throws ShapeError unless both are `[N, D]` with N ≥ 2.
 *
 * @example
 * // two samples of one class: log(e² + 2) − 2/3
 * const pairs = { anchors: tf.eye(2), positives: tf.eye(2), labels: Int32Array.of(4, 4), weight: 1 };
 * supCon({ temperature: 0.5 })(pairs).arraySync(); // => 1.5728782
 *
 * @see Khosla et al. 2020, "Supervised Contrastive Learning", equation 2
 */
export function supCon({ temperature }: SupConOptions): (pairs: LabeledPairs) => Scalar {
  checkTemperature('supCon', temperature);
  return (pairs) => {
    const size = checkPairs('supCon', pairs, 2);
    refuseNegatives('supCon', pairs);
    const { labels } = pairs;
    if (labels?.length !== size) {
      throw new ArgumentError('supCon.labels', `${size} classes, one per pair`, labels?.length, 'Take a strategy that passes labels on.');
    }
    return tidy(() => {
      const { scores } = viewScores(pairs, temperature);
      const others = add(scores, mul(eye(2 * size), absent));
      const pull = sum(mul(scores, tensor2d(positiveShares(labels), [2 * size, 2 * size])), 1); // [2N]
      return mean(sub(logSumExp(others), pull)) as Scalar;
    });
  };
}

/** Row i: 1 / |P(i)| at each of i's positives, else 0. Row-major `[2N, 2N]`. */
function positiveShares(labels: Int32Array): Float32Array {
  const rows = 2 * labels.length;
  const shares = new Float32Array(rows * rows);
  for (let i = 0; i < rows; i++) {
    const sample = i % labels.length;
    const label = labels[sample]!;
    const found: number[] = [];
    for (let j = 0; j < rows; j++) {
      const other = j % labels.length;
      if (j !== i && (other === sample || (label >= 0 && labels[other] === label))) found.push(j);
    }
    for (const j of found) shares[i * rows + j] = 1 / found.length;
  }
  return shares;
}
