/** SimSiam: a prediction of one view meets the other view's projection as a constant; no negatives, no momentum encoder. */
import type { Encoder, Head } from '@kindred/core';
import { negativeCosine } from '@kindred/losses';
import { composeMethod, type Method, type MethodParts } from '../method.js';
import { otherView } from '../strategies/other-view.js';
import { stopPositives } from '../strategies/stop-positives.js';

/** SimSiam's parts. */
export interface SimSiamOptions {
  readonly encoder: Encoder;
  readonly projector: Head;
  readonly predictor: Head;
  readonly forward?: MethodParts['forward'];
}

/**
 * SimSiam as a composition: the mean of both directions of −cos, as the authors'.
 *
 * @see Chen and He 2021, "Exploring Simple Siamese Representation Learning", algorithm 1
 */
export function simsiam({ encoder, projector, predictor, forward }: SimSiamOptions): Method {
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
