/** Triplet: the other view must be nearer than the views of other images. */
import { tripletMargin, type TripletMarginOptions } from '@kindred/losses';
import { composeMethod, type Method } from '../method.js';
import { otherView } from '../strategies/other-view.js';
import type { SiameseParts } from './siamese.js';

/**
 * Triplet learning on views as a composition; negatives are mined in the batch.
 *
 * @see Schroff et al. 2015, "FaceNet", equation 1; Hermans et al. 2017, "In Defense of the Triplet Loss" for hard mining
 */
export function triplet({ encoder, projector, forward, ...loss }: SiameseParts & TripletMarginOptions): Method {
  return composeMethod({
    name: 'triplet',
    encoder,
    projector,
    strategy: otherView({ directions: 'both' }),
    loss: tripletMargin(loss),
    forward,
  });
}
