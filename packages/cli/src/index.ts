/** @module @kindred/cli */
export { evaluationTable, evaluationText, groupsTable, measuresTable } from './evaluation-table.js';
export { makeProgram } from './program.js';
export { type Progress, startProgress } from './progress.js';
export { type TrainingProgress, trainingProgress } from './training-progress.js';
