/** SupCon: all views of the same class are positives. */
import { supCon as supConLoss } from '@kindred/losses';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { composeMethod, type Method } from '../method.js';
import { otherView } from '../strategies/other-view.js';
import { withLabels } from '../strategies/with-labels.js';
import type { SiameseParts } from './siamese.js';

/**
 * SupCon as a composition, of two views or more; needs labels.
 *
 * @see Khosla et al. 2020, "Supervised Contrastive Learning", equation 2 (L_out)
 */
export function supCon<Input extends Tensor = Tensor4D>({ encoder, projector, temperature, forward = 'joint' }: SiameseParts<Input> & { readonly temperature: number }): Method<Input> {
  return composeMethod({
    name: 'supcon',
    encoder,
    projector,
    strategy: withLabels(otherView({ directions: 'together' })),
    loss: supConLoss({ temperature }),
    forward,
  });
}
