/** Methods of two projections and one loss: only the loss differs. */
import type { ContrastiveLoss, Encoder, Head } from '@kindred/core';
import { barlowTwins as barlowTwinsLoss, type BarlowTwinsOptions, dcl as dclLoss, dclw as dclwLoss, vicReg as vicRegLoss, type VICRegOptions } from '@kindred/losses';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { composeMethod, type Method, type MethodParts } from '../method.js';
import { otherView } from '../strategies/other-view.js';

/** An encoder and one head. */
export interface SiameseParts<Input extends Tensor = Tensor4D> {
  readonly encoder: Encoder<Input>;
  readonly projector: Head;
  /** See `MethodParts.forward`. */
  readonly forward?: MethodParts['forward'];
}

const siamese = <Input extends Tensor>(name: string, { encoder, projector, forward = 'separate' }: SiameseParts<Input>, loss: ContrastiveLoss<'embeddings'>): Method<Input> =>
  composeMethod({ name, encoder, projector, strategy: otherView({ directions: 'once' }), loss, forward });

/**
 * DCL: SimCLR without the positive in the denominator; with `sigma` DCLW, which weighs hard positives.
 *
 * @see Yeh et al. 2022, "Decoupled Contrastive Learning", equations 5 and 6
 */
export function dcl<Input extends Tensor = Tensor4D>({ temperature, sigma, ...parts }: SiameseParts<Input> & { readonly temperature: number; readonly sigma?: number }): Method<Input> {
  return siamese('dcl', { forward: 'joint', ...parts }, sigma === undefined ? dclLoss({ temperature }) : dclwLoss({ temperature, sigma }));
}

/**
 * Barlow Twins: each column correlates with itself across the two views and with no other.
 *
 * @see Zbontar et al. 2021, "Barlow Twins", equation 1
 */
export function barlowTwins<Input extends Tensor = Tensor4D>({ lambda, ...parts }: SiameseParts<Input> & BarlowTwinsOptions): Method<Input> {
  return siamese('barlow-twins', parts, barlowTwinsLoss({ lambda }));
}

/**
 * VICReg: views agree, columns vary and do not covary.
 *
 * @see Bardes et al. 2022, "VICReg", equation 6
 */
export function vicReg<Input extends Tensor = Tensor4D>({ invariance, variance, covariance, ...parts }: SiameseParts<Input> & VICRegOptions): Method<Input> {
  return siamese('vicreg', parts, vicRegLoss({ invariance, variance, covariance }));
}
