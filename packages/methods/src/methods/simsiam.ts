/** SimSiam: a prediction of one view meets the other view's projection as a constant; no negatives, no momentum encoder. */
import type { Encoder, Head } from '@kindred/core';
import { negativeCosine } from '@kindred/losses';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { composeMethod, type Method, type MethodParts } from '../method.js';
import { otherView } from '../strategies/other-view.js';
import { stopPositives } from '../strategies/stop-positives.js';

/** SimSiam's parts. */
export interface SimSiamOptions<Input extends Tensor = Tensor4D> {
  readonly encoder: Encoder<Input>;
  readonly projector: Head;
  readonly predictor: Head;
  readonly forward?: MethodParts['forward'];
}

/**
 * SimSiam as a composition: the mean of both directions of −cos, as the authors'.
 *
 * @see Chen and He 2021, "Exploring Simple Siamese Representation Learning", algorithm 1
 */
export function simsiam<Input extends Tensor = Tensor4D>({ encoder, projector, predictor, forward }: SimSiamOptions<Input>): Method<Input> {
  return composeMethod({
    name: 'simsiam',
    encoder,
    projector,
    predictor,
    strategy: stopPositives(otherView({ anchors: 'predictions', directions: 'both' })),
    loss: negativeCosine(),
    forward,
  });
}
