/** Methods of two projections and one loss: what they differ in is the loss. */
import type { ContrastiveLoss, Encoder, Head } from '@kindred/core';
import { barlowTwins as barlowTwinsLoss, type BarlowTwinsOptions, dcl as dclLoss, dclw as dclwLoss, vicReg as vicRegLoss, type VICRegOptions } from '@kindred/losses';
import { composeMethod, type Method, type MethodParts } from '../method.js';
import { otherView } from '../strategies/other-view.js';

/** An encoder and one head. */
export interface SiameseParts {
  readonly encoder: Encoder;
  readonly projector: Head;
  /** See `MethodParts.forward`. */
  readonly forward?: MethodParts['forward'];
}

const siamese = (name: string, { encoder, projector, forward = 'separate' }: SiameseParts, loss: ContrastiveLoss<'embeddings'>): Method =>
  composeMethod({ name, encoder, projector, strategy: otherView({ directions: 'once' }), loss, forward });

/**
 * DCL: SimCLR without the positive in the denominator; with `sigma` DCLW, which weighs hard positives.
 *
 * @see Yeh et al. 2022, "Decoupled Contrastive Learning", equations 5 and 6
 */
export function dcl({ temperature, sigma, ...parts }: SiameseParts & { readonly temperature: number; readonly sigma?: number }): Method {
  return siamese('dcl', { forward: 'joint', ...parts }, sigma === undefined ? dclLoss({ temperature }) : dclwLoss({ temperature, sigma }));
}

/**
 * Barlow Twins: the columns of both views correlate with themselves and with no other.
 *
 * @see Zbontar et al. 2021, "Barlow Twins", equation 1
 */
export function barlowTwins({ lambda, ...parts }: SiameseParts & BarlowTwinsOptions): Method {
  return siamese('barlow-twins', parts, barlowTwinsLoss({ lambda }));
}

/**
 * VICReg: views agree, columns vary and do not covary.
 *
 * @see Bardes et al. 2022, "VICReg", equation 6
 */
export function vicReg({ invariance, variance, covariance, ...parts }: SiameseParts & VICRegOptions): Method {
  return siamese('vicreg', parts, vicRegLoss({ invariance, variance, covariance }));
}
