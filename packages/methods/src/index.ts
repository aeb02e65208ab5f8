/** @module @kindred/methods */
export { composeMethod, type Forward, type Method, type MethodParts } from './method.js';
export { momentumNetwork, type MomentumNetwork, type MomentumNetworkOptions } from './momentum-network.js';
export { nnclr, type NNCLROptions, type NNCLRVariant } from './methods/nnclr.js';
export { simclr, type SimCLROptions } from './methods/simclr.js';
export { otherView, type OtherViewOptions, type Side } from './strategies/other-view.js';
export { throughNeighbors, type ThroughNeighborsOptions } from './strategies/through-neighbors.js';
