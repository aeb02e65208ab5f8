/** Sinkhorn-Knopp: prototype scores to codes that use all prototypes equally. */
import { ArgumentError, checkShapes } from '@kindred/core';
import { div, logSumExp, softmax, sub, type Tensor, type Tensor2D, tidy } from '@tensorflow/tfjs-core';

/** How sharp codes are, and how evenly they use the prototypes. */
export interface SinkhornOptions {
  /** ε > 0: the smaller, the nearer codes are to one-hot. No default; SwAV: 0.05. */
  readonly epsilon: number;
  /** How often columns and rows are scaled in turn, 1 or more. SwAV: 3. */
  readonly iterations: number;
}

/**
 * Codes: of all matrices whose rows sum to 1 and whose columns sum to N / K, towards the one that fits the scores best. Each
 * iteration scales the columns (prototypes), then the rows (samples); so rows sum to 1, columns nearly after a few.
 *
 *     Q ← exp(S / ε);   iterations × { Q_·k ← Q_·k / (K Σ_n Q_nk);   Q_n· ← Q_n· / (N Σ_k Q_nk) };   codes = N · Q
 *
 * That is the authors' algorithm, held in logarithms: where exp(S / ε) would be 0 or ∞ in float32 codes stay right. Has a
 * gradient of tfjs's own, which no method uses: codes are constants.
 *
 * @param scores `[N, K]`: row n is a sample, column k a prototype.
 * @returns `[N, K]`, rows that sum to 1.
 * @throws ArgumentError for options out of range. @throws ShapeError for anything but a matrix.
 *
 * @example
 * // both samples like the first prototype; the one that likes it less goes to the second
 * const scores = tf.tensor2d([[1, 0], [0.6, 0.4]]);
 * sinkhorn(scores, { epsilon: 0.05, iterations: 3 }).arraySync(); // => [[0.9997, 0.0003], [0.0003, 0.9997]]
 *
 * @see Caron et al. 2020, "Unsupervised Learning of Visual Features by Contrasting Cluster Assignments", section 3.1 and
 * listing 1; Cuturi 2013, "Sinkhorn Distances"
 */
export function sinkhorn(scores: Tensor2D, options: SinkhornOptions): Tensor2D {
  checkSinkhorn('sinkhorn', options);
  checkShapes('sinkhorn', { scores: [scores, 'N K'] });
  const { epsilon, iterations } = options;
  return tidy(() => {
    const logits = div(scores, epsilon);
    // log Q = S / ε − perSample − perPrototype; constant factors of Q are left out, as the last scaling of rows undoes them
    let perPrototype: Tensor = logSumExp(logits, 0, true); // [1, K]
    for (let iteration = 1; iteration < iterations; iteration++) {
      const perSample = logSumExp(sub(logits, perPrototype), 1, true); // [N, 1]
      perPrototype = logSumExp(sub(logits, perSample), 0, true);
    }
    return softmax(sub(logits, perPrototype)) as Tensor2D; // the last scaling of rows
  });
}

/** @throws ArgumentError for options out of range */
export function checkSinkhorn(where: string, { epsilon, iterations }: SinkhornOptions): void {
  if (!(epsilon > 0 && epsilon < Infinity)) throw new ArgumentError(`${where}.epsilon`, 'a number above 0', epsilon, 'SwAV takes 0.05.');
  if (!Number.isSafeInteger(iterations) || iterations < 1) {
    throw new ArgumentError(`${where}.iterations`, 'a whole number above 0', iterations, 'SwAV takes 3.');
  }
}
