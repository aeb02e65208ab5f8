/** @module @kindred/distributed */
export { agree, sameOnAllRanks } from './agree.js';
export { type Communicator, oneRank, type Values } from '@kindred/core';
export { normalizeAcross, type NormalizeAcrossOptions } from './normalize-across.js';
