/** BYOL: a prediction of one view meets the other view's projection by the momentum encoder; no negatives. */
import type { Encoder, Head } from '@kindred/core';
import { negativeCosine } from '@kindred/losses';
import { composeMethod, type Method, type MethodParts } from '../method.js';
import type { MomentumNetwork } from '../momentum-network.js';
import { otherView } from '../strategies/other-view.js';

/** BYOL's parts. */
export interface BYOLOptions {
  readonly encoder: Encoder;
  readonly projector: Head;
  readonly predictor: Head;
  readonly momentum: MomentumNetwork;
  readonly forward?: MethodParts['forward'];
}

/**
 * BYOL as a composition. The authors' loss, the sum over both directions of 2 − 2 cos, is 4 + 4 times this one.
 *
 * @see Grill et al. 2020, "Bootstrap Your Own Latent", equation 2
 */
export function byol({ encoder, projector, predictor, momentum, forward }: BYOLOptions): Method {
  return composeMethod({
    name: 'byol',
    encoder,
    projector,
    predictor,
    momentum,
    strategy: otherView({ anchors: 'predictions', positives: 'targets', directions: 'both' }),
    loss: negativeCosine(),
    forward,
  });
}
