/** SupCon: all views of the same class are positives. */
import { supCon as supConLoss } from '@kindred/losses';
import { composeMethod, type Method } from '../method.js';
import { otherView } from '../strategies/other-view.js';
import { withLabels } from '../strategies/with-labels.js';
import type { SiameseParts } from './siamese.js';

/**
 * SupCon as a composition, of two views or more; needs labels.
 *
 * @see Khosla et al. 2020, "Supervised Contrastive Learning", equation 2 (L_out)
 */
export function supCon({ encoder, projector, temperature, forward = 'joint' }: SiameseParts & { readonly temperature: number }): Method {
  return composeMethod({
    name: 'supcon',
    encoder,
    projector,
    strategy: withLabels(otherView({ directions: 'together' })),
    loss: supConLoss({ temperature }),
    forward,
  });
}
