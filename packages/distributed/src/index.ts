/** @module @kindred/distributed */
export { type Communicator, oneRank, type Values } from '@kindred/core';
export { agree, sameOnAllRanks } from './agree.js';
export { broadcastBytes } from './broadcast-bytes.js';
export { broadcastVariables, gatherOutputs, ownRows, sumOverRanks } from './exchange.js';
export { normalizeAcross, type NormalizeAcrossOptions } from './normalize-across.js';
