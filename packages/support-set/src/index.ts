/** @module @kindred/support-set */
export type {
  NearestOptions,
  Neighbors,
  QueryOptions,
  RecordOptions,
  SearchOptions,
  SearchResult,
  SupportSet,
  SupportSetEntries,
  SupportSetOptions,
} from './contract.js';
export { supportSet } from './support-set.js';
export { rowsPerAnswer } from './checks.js';
