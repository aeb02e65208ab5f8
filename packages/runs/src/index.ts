/** @module @kindred/runs */
export { type Recipe, recipes } from './recipes/index.js';
export {
  type Curation,
  type CurationGroup,
  findClusters,
  type FindClustersOptions,
  findDuplicates,
  type FindDuplicatesOptions,
  findOutliers,
  type FindOutliersOptions,
  selectImages,
  type SelectImagesOptions,
  type SelectionBy,
} from './curate/curation.js';
export { type Embeddings, openEmbeddings } from './curate/embeddings-file.js';
export type { NamedFeatures } from './curate/named-features.js';
export { readLabels } from './curate/read-labels.js';
export { checkCurationOutputs, writeCuration, type WriteCurationOptions } from './curate/write-curation.js';
export { writeBrowse, type WriteBrowseOptions } from './browse/write-browse.js';
export { describeInit } from './init/describe-init.js';
export type { InitialWeights, InitReport } from './init/initial-weights.js';
export { readInit } from './init/read-init.js';
export { buildRun, type BuildRunOptions, freshEncoder, type RunParts } from './run/build-run.js';
export { embedAcrossRanks, type EmbedAcrossRanksOptions } from './embed/embed-across-ranks.js';
export { embedImages, type EmbedImagesOptions, type EmbedImagesResult } from './embed/embed-images.js';
export { type LoadedEncoder, loadEncoder } from './embed/load-encoder.js';
export { searchImages, type SearchImagesOptions, type SearchImagesResult, writeSearchSheet } from './embed/search-images.js';
export { openNamedImages, type OpenNamedImagesOptions } from './embed/open-named-images.js';
export { type Accuracy, evaluateFeatures, type ProbeResult } from './evaluate/evaluate-features.js';
export { type EvaluationData, openLabelled } from './evaluate/evaluate-data.js';
export { groupRuns, type RunGroup } from './evaluate/evaluate-groups.js';
export { figuresOf } from './evaluate/figures-of.js';
export type { ClusteringFigures, LabelFreeFigures, RetrievalFigures } from './evaluate/evaluate-measures.js';
export { type Evaluation, evaluateRun, type EvaluateRunOptions, type Transfer } from './evaluate/evaluate-run.js';
export type { EvaluationRow } from './evaluate/evaluate-subject.js';
export type { FineTuneFigures, TrainedFigures } from './evaluate/evaluate-training.js';
export { type ExportFormat, exportFormats } from './export/export-formats.js';
export { exportRun, type ExportRunOptions, type ExportRunResult } from './export/export-run.js';
export type { Environment } from './run/environment.js';
export { checkpointOf, type LoadedRun, loadRun, type OpenedRun, openRun, readRunSettings } from './run/load-run.js';
export { encoderInputOf, inputFor } from './run/encoder-input.js';
export { completeRun, pretrainRun, type ExtendRun, type PretrainRunOptions, type PretrainRunResult, resumeRun, type ResumeRunOptions, type StartFacts, type TrainOptions } from './run/pretrain-run.js';
export { writePreview, type WritePreviewOptions } from './preview/preview.js';
export { writeReport, type WriteReportOptions } from './report/report-write.js';
export type { MonitorLine, NeighborsLine } from './run/run-notes.js';
export { EvaluationSettings } from './settings/evaluation-settings.js';
export { probeNames } from './settings/probe-names.js';
export { pretrainJsonSchema } from './settings/json-schema.js';
export { movedTo } from './settings/moved-to.js';
export { PretrainSettings } from './settings/pretrain-settings.js';
export { checkSettings, readSettingsFile, readYaml, setValues } from './settings/read-settings.js';
