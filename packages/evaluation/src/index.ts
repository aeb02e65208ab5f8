/** @module @kindred/evaluation */
export { type AdaptedImages, adaptImages } from './adapt-images.js';
export { alignment } from './alignment.js';
export type { ProbeCandidate } from './choose-strength.js';
export { effectiveRank } from './effective-rank.js';
export { embed, type EmbedOptions, rawPixels } from './embed.js';
export { countRows, type Features, selectFeatures } from './features.js';
export { figure, type Figure, type FigureOptions, type MeasureName } from './figure.js';
export { fineTune, type FineTuneOptions, type FineTuneResult } from './fine-tune.js';
export { knn, type KnnOptions, type KnnResult } from './knn.js';
export { kMeans, type KMeansOptions, type KMeansResult } from './k-means.js';
export { linearProbe, type LinearProbeOptions, type LinearProbeResult } from './linear-probe.js';
export { linearProbeSgd, type LinearProbeSgdOptions } from './linear-probe-sgd.js';
export { type MeanAndDeviation, meanAndDeviation } from './mean-and-deviation.js';
export { normalizedMutualInformation } from './mutual-information.js';
export { nearestNeighbors, type NearestNeighborsOptions, type Similarity } from './nearest-neighbors.js';
export { neighborPurity, type NeighborPurity } from './neighbor-purity.js';
export type { OtherNeighborsOptions } from './other-neighbors.js';
export { participationRatio } from './participation-ratio.js';
export { perDimensionDeviation } from './per-dimension-deviation.js';
export type { Cancellation, Watched } from './progress.js';
export type { FitOptions, ProbeProgress } from './probe-fit.js';
export { type FineTuneProtocol, fineTuneProtocols, type ProbeProtocol, probeProtocols } from './protocols.js';
export { retrieval, type RetrievalOptions, type RetrievalResult } from './retrieval.js';
export {
  type SimilarityHistogram,
  similarityHistograms,
  type SimilarityHistograms,
  type SimilarityHistogramsOptions,
} from './similarity-histograms.js';
export type { NearestRows } from './search-space.js';
export type { EpochRecord } from './train-epochs.js';
export type { JudgedEpoch, TrainedClassifierOptions, TrainedClassifierResult } from './trained-classifier.js';
export { uniformity } from './uniformity.js';
