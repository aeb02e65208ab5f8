/** @module @kindred/methods */
export { composeMethod, type Forward, type Method, type MethodParts } from './method.js';
export { byol, type BYOLOptions } from './methods/byol.js';
export { mocoV2, type MoCoV2Options, mocoV3, type MoCoV3Options } from './methods/moco.js';
export { nnByol, nnMoco, nnSiam, nnTriplet, type WithSupport } from './methods/neighbor-methods.js';
export { nnclr, type NNCLROptions, type NNCLRVariant } from './methods/nnclr.js';
export { barlowTwins, dcl, type SiameseParts, vicReg } from './methods/siamese.js';
export { simclr, type SimCLROptions } from './methods/simclr.js';
export { simsiam, type SimSiamOptions } from './methods/simsiam.js';
export { supCon } from './methods/supcon.js';
export { triplet } from './methods/triplet.js';
export { momentumNetwork, type MomentumNetwork, type MomentumNetworkOptions } from './momentum-network.js';
export { otherView, type OtherViewOptions } from './strategies/other-view.js';
export { queueNegatives, type QueueNegativesOptions } from './strategies/queue-negatives.js';
export type { Side } from './strategies/side.js';
export { stopPositives } from './strategies/stop-positives.js';
export { throughNeighbors, type ThroughNeighborsOptions } from './strategies/through-neighbors.js';
export { withLabels } from './strategies/with-labels.js';
