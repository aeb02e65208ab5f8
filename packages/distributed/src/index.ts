/** @module @kindred/distributed */
export { type Communicator, oneRank, type Values } from '@kindred/core';
export { agree, sameOnAllRanks } from './agree.js';
export { broadcastBytes, broadcastVariables } from './broadcast.js';
export { normalizeAcross, type NormalizeAcrossOptions } from './normalize-across.js';
