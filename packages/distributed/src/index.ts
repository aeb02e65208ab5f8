/** @module @kindred/distributed */
export { agree, type Communicator, oneRank, sameOnAllRanks, type Values } from '@kindred/core';
export { broadcastBytes, broadcastVariables } from './broadcast.js';
export { normalizeAcross, type NormalizeAcrossOptions } from './normalize-across.js';
