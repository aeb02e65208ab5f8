/** @module @kindred/distributed */
export { agree, sameOnAllRanks } from './agree.js';
export type { Communicator, Values } from './contract.js';
export { normalizeAcross, type NormalizeAcrossOptions } from './normalize-across.js';
export { oneRank } from './one-rank.js';
