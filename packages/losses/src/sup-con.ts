/** SupCon: all rows of the same class are positives. */
import { ArgumentError, type ContrastiveLoss, logSumExp } from '@kindred/core';
import { add, eye, mean, mul, type Scalar, sub, sum, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { checkPairs, checkTemperature } from './checks.js';
import { absent, viewScores } from './views.js';

/** How `supCon` compares. */
export interface SupConOptions {
  /** Softmax temperature τ > 0. No default: the paper trains with 0.07 to 0.1. */
  readonly temperature: number;
}

/**
 * Supervised contrastive loss: each row has as positives the other views of its sample and all rows of its class.
 *
 *     z = [anchors; positives; furtherViews]     L = mean_i [ log Σ_{k≠i} exp(zᵢ·z_k / τ) − mean_{p∈P(i)} zᵢ·z_p / τ ]
 *
 * over the VN rows, two views or more. This is the paper's L_out, the mean over positives outside of the logarithm. Where all
 * labels differ it is `ntXent`; a label of −1, unknown, is a class of its own. Rows are normalised here. Gradient flows into all
 * inputs.
 *
 * Scale: mean over the rows, PyTorch Metric Learning's `SupConLoss` factor 1. The authors' code multiplies by
 * τ / 0.07. The loss of that name in solo-learn is another one: the sum over positives inside of the logarithm.
 *
 * @throws ArgumentError for a temperature that is not above 0, pairs with negatives, or without N labels.
 * @throws ShapeError unless all are `[N, D]` with N ≥ 2.
 *
 * @example
 * // two samples of one class: log(e² + 2) − 2/3
 * const pairs = { anchors: tf.eye(2), positives: tf.eye(2), labels: Int32Array.of(4, 4), weight: 1 };
 * supCon({ temperature: 0.5 })(pairs).arraySync(); // => 1.5728782
 *
 * @see Khosla et al. 2020, "Supervised Contrastive Learning", equation 2
 */
export function supCon({ temperature }: SupConOptions): ContrastiveLoss {
  checkTemperature('supCon', temperature);
  return (pairs) => {
    const size = checkPairs('supCon', pairs, { least: 2, takes: ['furtherViews'] });
    const { labels } = pairs;
    if (labels?.length !== size) {
      throw new ArgumentError('supCon.labels', `${size} classes, one per pair`, labels?.length, 'Take a strategy that passes labels on.');
    }
    return tidy(() => {
      const { views, scores } = viewScores(pairs, temperature);
      const rows = views * size;
      const others = add(scores, mul(eye(rows), absent));
      const pull = sum(mul(scores, tensor2d(positiveShares(labels, rows), [rows, rows])), 1); // [VN]
      return mean(sub(logSumExp(others), pull)) as Scalar;
    });
  };
}

/** Row i: 1 / |P(i)| at each of i's positives, else 0. Row-major `[VN, VN]`. */
function positiveShares(labels: Int32Array, rows: number): Float32Array {
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
