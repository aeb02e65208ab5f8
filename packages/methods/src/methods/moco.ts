/** MoCo v2 and v3: the positive is the other view through the momentum encoder. */
import type { Encoder, Head } from '@kindred/core';
import { infoNCE } from '@kindred/losses';
import type { SupportSet } from '@kindred/support-set';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { composeMethod, type Method, type MethodParts } from '../method.js';
import type { MomentumNetwork } from '../momentum-network.js';
import { otherView } from '../strategies/other-view.js';
import { queueNegatives } from '../strategies/queue-negatives.js';

/** MoCo v2's parts and its one number. */
export interface MoCoV2Options<Input extends Tensor = Tensor4D> {
  readonly encoder: Encoder<Input>;
  readonly projector: Head;
  readonly momentum: MomentumNetwork<Input>;
  /** Of the projector's dimension; the paper: 65,536 rows, random at the start. */
  readonly queue: SupportSet;
  /** τ > 0. v1: 0.07, v2: 0.2. */
  readonly temperature: number;
  readonly forward?: MethodParts['forward'];
}

/**
 * MoCo v2 as a composition, symmetric: each view is query once and key once. The authors' code has one query and one key per
 * image, at half the cost and with half the pairs; their shuffled batch norm is for several devices and absent here.
 *
 * @see He et al. 2020, "Momentum Contrast", algorithm 1; Chen et al. 2020, "Improved Baselines with Momentum Contrastive Learning"
 */
export function mocoV2<Input extends Tensor = Tensor4D>({ encoder, projector, momentum, queue, temperature, forward }: MoCoV2Options<Input>): Method<Input> {
  return composeMethod({
    name: 'moco-v2',
    encoder,
    projector,
    momentum,
    strategy: queueNegatives(otherView({ positives: 'targets', directions: 'both' }), queue),
    loss: infoNCE({ temperature }),
    forward,
  });
}

/** MoCo v3's parts and its one number. */
export interface MoCoV3Options<Input extends Tensor = Tensor4D> {
  readonly encoder: Encoder<Input>;
  readonly projector: Head;
  readonly predictor: Head;
  readonly momentum: MomentumNetwork<Input>;
  /** τ > 0. The authors: 1 for ResNet-50, 0.2 for ViT. */
  readonly temperature: number;
  readonly forward?: MethodParts['forward'];
}

/**
 * MoCo v3 as a composition: negatives are the other keys of the batch, no queue. The authors' loss is 2τ · (sum of both
 * directions), 4τ times this one.
 *
 * @see Chen et al. 2021, "An Empirical Study of Training Self-Supervised Vision Transformers", algorithm 1
 */
export function mocoV3<Input extends Tensor = Tensor4D>({ encoder, projector, predictor, momentum, temperature, forward }: MoCoV3Options<Input>): Method<Input> {
  return composeMethod({
    name: 'moco-v3',
    encoder,
    projector,
    predictor,
    momentum,
    strategy: otherView({ anchors: 'predictions', positives: 'targets', directions: 'both' }),
    loss: infoNCE({ temperature }),
    forward,
  });
}
