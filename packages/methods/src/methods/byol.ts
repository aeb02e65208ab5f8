/** BYOL: a prediction of one view meets the other view's projection by the momentum encoder; no negatives. */
import type { Encoder, Head } from '@kindred/core';
import { negativeCosine } from '@kindred/losses';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { composeMethod, type Method, type MethodParts } from '../method.js';
import type { MomentumNetwork } from '../momentum-network.js';
import { otherView } from '../strategies/other-view.js';

/** BYOL's parts. */
export interface BYOLOptions<Input extends Tensor = Tensor4D> {
  readonly encoder: Encoder<Input>;
  readonly projector: Head;
  readonly predictor: Head;
  readonly momentum: MomentumNetwork<Input>;
  readonly forward?: MethodParts['forward'];
}

/**
 * BYOL as a composition. The authors' loss, the sum over both directions of 2 − 2 cos, is 4 + 4 times this one.
 *
 * @see Grill et al. 2020, "Bootstrap Your Own Latent", equation 2
 */
export function byol<Input extends Tensor = Tensor4D>({ encoder, projector, predictor, momentum, forward }: BYOLOptions<Input>): Method<Input> {
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
