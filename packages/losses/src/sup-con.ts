/** SupCon: all rows of the same class are positives. */
import { ArgumentError, type ContrastiveLoss, defineLoss, l2Normalize, logSumExp } from '@kindred/core';
import { add, concat, eye, mul, type Scalar, sub, sum, tensor1d, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { checkOneOf, checkOneSet, checkPairs, checkTemperature, type RowsOf } from './checks.js';
import { absent, scoresAmong } from './views.js';

/** How `supCon` compares. */
export interface SupConOptions {
  /** Softmax temperature τ > 0. No default: the paper trains with 0.07 to 0.1. */
  readonly temperature: number;
  /**
   * `pairs` (the default): anchors, positives and further views are views of the same samples. `one set`: anchors and positives are the
   * same labelled rows, one tensor given as both, and z is those rows alone.
   */
  readonly rows?: RowsOf;
}

/**
 * Supervised contrastive loss: each row has as positives the other views of its sample and all rows of its class.
 *
 *     z = [anchors; positives; furtherViews]     L = mean_i [ log Σ_{k≠i} exp(zᵢ·z_k / τ) − mean_{p∈P(i)} zᵢ·z_p / τ ]
 *
 * over the VN rows, two views or more, or one labelled set. This is the paper's L_out, the mean over positives outside of the logarithm. If
 * all labels differ it is `ntXent`; a row with label −1, unknown, is its own class. Rows are normalised here. Gradient flows into all
 * inputs.
 *
 * A row without a positive (in one set, the only one of its class) does not count; it is still a negative of the others. If no row has one,
 * the loss is 0 and so is its gradient. A batch of one class has no negatives, yet the formula has a value, which makes the rows equally
 * similar: it is used as it is, as in the authors' code, whereas PyTorch Metric Learning gives 0.
 *
 * Scale: mean over the rows that count, PyTorch Metric Learning's `SupConLoss` factor 1. The authors' code multiplies by
 * τ / 0.07. The loss of that name in solo-learn is a different one: the sum over positives inside of the logarithm.
 *
 * @throws ArgumentError for a temperature that is not above 0, pairs with negatives or without N labels, or `one set` with two tensors.
 * @throws ShapeError unless all are `[N, D]` with N ≥ 2.
 *
 * @example
 * // two samples of one class: log(e² + 2) − 2/3
 * const pairs = { anchors: tf.eye(2), positives: tf.eye(2), labels: Int32Array.of(4, 4), weight: 1 };
 * supCon({ temperature: 0.5 })(pairs).arraySync(); // => 1.5728782
 *
 * @see Khosla et al. 2020, "Supervised Contrastive Learning", equation 2
 */
export function supCon({ temperature, rows: kind = 'pairs' }: SupConOptions): ContrastiveLoss<'embeddings'> {
  checkTemperature('supCon', temperature);
  checkOneOf('supCon.rows', kind, ['pairs', 'one set']);
  return defineLoss({ name: 'supCon', kind: 'embeddings', needs: ['labels'], uses: ['furtherViews'], symmetric: true }, (pairs) => {
    const size = checkPairs('supCon', pairs, { least: 2, takes: ['furtherViews'] });
    const { labels } = pairs;
    if (labels?.length !== size) {
      throw new ArgumentError('supCon.labels', `${size} classes, one per pair`, labels?.length, 'Take a strategy that passes labels on.');
    }
    if (kind === 'one set') checkOneSet('supCon', pairs);
    return tidy(() => {
      const { anchors, positives, furtherViews = [] } = pairs;
      const views = (kind === 'one set' ? [anchors] : [anchors, positives, ...furtherViews]).map((view) => l2Normalize(view));
      const scores = scoresAmong(concat(views, 0), temperature);
      const rows = views.length * size;
      const { shares, weights } = positivesOf(labels, rows);
      const others = logSumExp(add(scores, mul(eye(rows), absent)));
      const pull = sum(mul(scores, tensor2d(shares, [rows, rows])), 1); // [VN]
      return sum(mul(sub(others, pull), tensor1d(weights))) as Scalar;
    });
  });
}

/**
 * `shares`, row-major `[VN, VN]`: row i has 1 / |P(i)| at each of i's positives, else 0. `weights` `[VN]`: the share of a row in the
 * mean over those that have positives.
 */
function positivesOf(labels: Int32Array, rows: number): { shares: Float32Array; weights: Float32Array } {
  const shares = new Float32Array(rows * rows);
  const counted: number[] = [];
  for (let i = 0; i < rows; i++) {
    const sample = i % labels.length;
    const label = labels[sample]!;
    const found: number[] = [];
    for (let j = 0; j < rows; j++) {
      const other = j % labels.length;
      if (j !== i && (other === sample || (label >= 0 && labels[other] === label))) found.push(j);
    }
    for (const j of found) shares[i * rows + j] = 1 / found.length;
    if (found.length > 0) counted.push(i);
  }
  const weights = new Float32Array(rows);
  for (const i of counted) weights[i] = 1 / counted.length;
  return { shares, weights };
}
