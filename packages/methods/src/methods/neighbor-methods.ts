/** Base methods with one part swapped: their positive is its nearest neighbour in a support set. */
import { infoNCE, negativeCosine, tripletMargin, type TripletMarginOptions } from '@kindred/losses';
import type { SupportSet } from '@kindred/support-set';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { composeMethod, type Method } from '../method.js';
import { otherView } from '../strategies/other-view.js';
import { queueNegatives } from '../strategies/queue-negatives.js';
import { throughNeighbors, type ThroughNeighborsOptions } from '../strategies/through-neighbors.js';
import type { BYOLOptions } from './byol.js';
import type { MoCoV2Options } from './moco.js';
import type { SiameseParts } from './siamese.js';
import type { SimSiamOptions } from './simsiam.js';

/** What each of these methods adds to its base. */
export interface WithSupport {
  /** Of the projector's dimension. */
  readonly support: SupportSet;
  /** See `ThroughNeighborsOptions.minimumRows`. Default: as many as a look-up needs. */
  readonly minimumRows?: number;
}

const from = (minimumRows: number | undefined): Pick<ThroughNeighborsOptions, 'minimumRows'> => (minimumRows === undefined ? {} : { minimumRows });

/** SimSiam whose positive is the neighbour of z2. */
export function nnSiam<Input extends Tensor = Tensor4D>({ support, minimumRows, ...parts }: SimSiamOptions<Input> & WithSupport): Method<Input> {
  const base = otherView({ anchors: 'predictions', directions: 'both' });
  return composeMethod({ name: 'nnsiam', ...parts, strategy: throughNeighbors(base, support, { ...from(minimumRows), replace: 'positives' }), loss: negativeCosine() });
}

/** BYOL whose positive is the neighbour of the target. */
export function nnByol<Input extends Tensor = Tensor4D>({ support, minimumRows, ...parts }: BYOLOptions<Input> & WithSupport): Method<Input> {
  const base = otherView({ anchors: 'predictions', positives: 'targets', directions: 'both' });
  const strategy = throughNeighbors(base, support, { ...from(minimumRows), replace: 'positives', enqueue: 'targets' });
  return composeMethod({ name: 'nnbyol', ...parts, strategy, loss: negativeCosine() });
}

/** MoCo v2 whose positive is the neighbour of the key; queue and support set are two. */
export function nnMoco<Input extends Tensor = Tensor4D>({ support, minimumRows, queue, temperature, ...parts }: MoCoV2Options<Input> & WithSupport): Method<Input> {
  const base = queueNegatives(otherView({ positives: 'targets', directions: 'both' }), queue);
  const strategy = throughNeighbors(base, support, { ...from(minimumRows), replace: 'positives', enqueue: 'targets' });
  return composeMethod({ name: 'nn-moco', ...parts, strategy, loss: infoNCE({ temperature }) });
}

/** Triplet whose positive is the neighbour of the other view. */
export function nnTriplet<Input extends Tensor = Tensor4D>({ support, minimumRows, encoder, projector, forward, ...loss }: SiameseParts<Input> & TripletMarginOptions & WithSupport): Method<Input> {
  const strategy = throughNeighbors(otherView({ directions: 'both' }), support, { ...from(minimumRows), replace: 'positives' });
  return composeMethod({ name: 'nn-triplet', encoder, projector, strategy, loss: tripletMargin(loss), forward });
}
