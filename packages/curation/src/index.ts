/** @module @kindred/curation */
export { type Cluster, clusters, type Clusters, type ClustersOptions } from './clusters.js';
export { type DuplicateGroup, nearDuplicates, type NearDuplicates, type NearDuplicatesOptions } from './near-duplicates.js';
export { outliers, type Outliers, type OutliersOptions } from './outliers.js';
export { type DiverseRows, selectDiverse, type SelectDiverseOptions } from './select-diverse.js';
export { selectTypical, type SelectTypicalOptions, type TypicalRows } from './select-typical.js';
export { selectUncertain, type SelectUncertainOptions, type UncertainRows } from './select-uncertain.js';
