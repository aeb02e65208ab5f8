/** SwAV: the prototype scores of one view predict the codes of another. */
import type { Encoder, Head } from '@kindred/core';
import { swappedPrediction } from '@kindred/losses';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { composeMethod, type Method, type MethodParts } from '../method.js';
import { prototypes, type PrototypesOptions } from '../strategies/prototypes.js';

/** SwAV's parts and numbers; those of the prototypes are `prototypes`' options. */
export interface SwAVOptions<Input extends Tensor = Tensor4D> extends Omit<PrototypesOptions, 'dimension'> {
  readonly encoder: Encoder<Input>;
  readonly projector: Head;
  /** τ > 0. SwAV: 0.1. */
  readonly temperature: number;
  /** Default: joint, as the authors do; views of several sizes run through the encoder one size after the other. */
  readonly forward?: MethodParts['forward'];
}

/**
 * SwAV as a composition, multi-crop included: views may differ in size, the first `assignViews` (two, the large crops) give
 * codes, and every view predicts the codes of each of them but its own. Of A views that give codes and V in all
 *
 *     L = 1/A Σ_{i ≤ A} 1/(V − 1) Σ_{v ≠ i} H(codes of view i, softmax(scores of view v / τ))
 *
 * so that with 2 + 6 crops each of the 14 pairs counts 1/14. Small crops never give codes nor enter the queue. Weight decay, the
 * the freeze of the prototypes (`freezeSteps`) and the queue of codes (`queue`) are described at `prototypes`.
 *
 * @example
 * const encoder = smallResNet({ stem: { channels: 4, kernel: 3, stride: 2 }, widths: [8], blocks: [1], channels: 1, random: random(1) });
 * const projector = projectionHead({ input: 8, layers: [8, 4], batchNorm: 'hidden', random: random(2) });
 * const method = swav({ encoder, projector, count: 16, epsilon: 0.05, iterations: 3, freezeSteps: 10, temperature: 0.1, random: random(3) });
 * const [large, small] = [tf.ones([2, 16, 16, 1]), tf.ones([2, 8, 8, 1])] as [tf.Tensor4D, tf.Tensor4D];
 * method.forward([large, large, small], 'eval').projections.map((z) => z.shape); // => [[2, 4], [2, 4], [2, 4]]
 *
 * @see Caron et al. 2020, "Unsupervised Learning of Visual Features by Contrasting Cluster Assignments", equation 2 and section
 * 3.2 (multi-crop)
 */
export function swav<Input extends Tensor = Tensor4D>({ encoder, projector, temperature, forward = 'joint', ...options }: SwAVOptions<Input>): Method<Input> {
  return composeMethod({
    name: 'swav',
    encoder,
    projector,
    strategy: prototypes({ ...options, dimension: projector.dimension }),
    loss: swappedPrediction({ temperature }),
    forward,
  });
}
