/** @module @kindred/evaluation */
export { alignment } from './alignment.js';
export type { ProbeCandidate } from './choose-strength.js';
export { embed, type EmbedOptions, rawPixels } from './embed.js';
export { countRows, type Features, selectFeatures } from './features.js';
export { knn, type KnnOptions, type KnnResult } from './knn.js';
export { linearProbe, type LinearProbeOptions, type LinearProbeResult } from './linear-probe.js';
export { nearestNeighbors, type NearestNeighborsOptions, type Neighbors, type Similarity } from './nearest-neighbors.js';
export { participationRatio } from './participation-ratio.js';
export { perDimensionDeviation } from './per-dimension-deviation.js';
export type { Cancellation, Watched } from './progress.js';
export type { FitOptions, ProbeProgress } from './probe-fit.js';
export { uniformity } from './uniformity.js';
