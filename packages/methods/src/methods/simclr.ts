/** SimCLR: the positive is the other view, the negatives are all other views of the batch. */
import type { Encoder, Head } from '@kindred/core';
import { ntXent } from '@kindred/losses';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { composeMethod, type Method, type MethodParts } from '../method.js';
import { otherView } from '../strategies/other-view.js';

/** SimCLR's parts and its one number. */
export interface SimCLROptions<Input extends Tensor = Tensor4D> {
  readonly encoder: Encoder<Input>;
  readonly projector: Head;
  /** τ > 0 of NT-Xent. The paper: 0.1 on ImageNet, 0.5 on CIFAR-10. */
  readonly temperature: number;
  /** See `MethodParts.forward`. The authors' code is joint. */
  readonly forward?: MethodParts['forward'];
}

/**
 * SimCLR as a composition, for two or more views: `ntXent` documents which of the published forms for more than two it is.
 *
 * @see Chen et al. 2020, "A Simple Framework for Contrastive Learning of Visual Representations", algorithm 1
 */
export function simclr<Input extends Tensor = Tensor4D>({ encoder, projector, temperature, forward = 'joint' }: SimCLROptions<Input>): Method<Input> {
  return composeMethod({
    name: 'simclr',
    encoder,
    projector,
    strategy: otherView({ directions: 'together' }),
    loss: ntXent({ temperature }),
    forward,
  });
}
