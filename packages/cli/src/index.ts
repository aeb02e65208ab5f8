/** @module @kindred/cli */
export { evaluationTable } from './evaluation-table.js';
export { makeProgram } from './program.js';
export { type Progress, startProgress } from './progress.js';
export { type Recipe, recipes } from './recipes/index.js';
export { buildRun, freshEncoder, type RunParts } from './runs/build-run.js';
export { type Accuracy, evaluateFeatures, type ProbeResult } from './runs/evaluate-features.js';
export { type Evaluation, evaluateRun, type EvaluateRunOptions, type EvaluationRow } from './runs/evaluate-run.js';
export type { Environment } from './runs/environment.js';
export { type LoadedRun, loadRun, readRunSettings } from './runs/load-run.js';
export { pretrainRun, type PretrainRunOptions, type PretrainRunResult } from './runs/pretrain-run.js';
export type { MonitorLine, NeighborsLine } from './runs/run-notes.js';
export { EvaluationSettings } from './settings/evaluation-settings.js';
export { PretrainSettings } from './settings/pretrain-settings.js';
export { checkSettings, readSettingsFile, setValues } from './settings/read-settings.js';
