/** Triplet: the other view must be nearer than the views of other samples. */
import type { PositiveStrategy } from '@kindred/core';
import { tripletMargin, type TripletMarginOptions } from '@kindred/losses';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { composeMethod, type Method } from '../method.js';
import { otherView } from '../strategies/other-view.js';
import type { SiameseParts } from './siamese.js';

/** What triplets are made of. */
export interface TripletParts<Input extends Tensor = Tensor4D> extends SiameseParts<Input>, TripletMarginOptions {
  /**
   * Where triplets come from. Default: `otherView({ directions: 'both' })`. Around it `withLabels` takes all of a class as
   * positives, and `hardNegatives` adds negatives out of a support set.
   */
  readonly strategy?: PositiveStrategy<'embeddings'>;
}

/**
 * Triplet learning on views as a composition: the positive is the other view, and a miner chooses among the other samples of the
 * batch.
 *
 * @example
 * const encoder = smallResNet({ stem: { channels: 4, kernel: 3, stride: 2 }, widths: [8], blocks: [1], channels: 1, random: random(1) });
 * const projector = projectionHead({ input: 8, layers: [4], batchNorm: 'none', random: random(2) });
 * triplet({ encoder, projector, margin: 0.5, distance: 'cosine', miner: semiHard() }).name; // => 'triplet'
 *
 * @see Schroff et al. 2015, "FaceNet", equation 1; Hermans et al. 2017, "In Defense of the Triplet Loss" for hard mining
 */
export function triplet<Input extends Tensor = Tensor4D>({ encoder, projector, strategy = otherView({ directions: 'both' }), forward, ...loss }: TripletParts<Input>): Method<Input> {
  return composeMethod({
    name: 'triplet',
    encoder,
    projector,
    strategy,
    loss: tripletMargin(loss),
    forward,
  });
}
