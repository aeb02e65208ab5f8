/** @module @kindred/core */
export { agree, sameOnAllRanks } from './agree.js';
export type { Communicator, Values } from './contracts/communicator.js';
export type { Dataset, ImageBatch, ImageDataset, ImagePixels, MixedImages, UniformImageDataset, UniformImages } from './contracts/dataset.js';
export type { EncoderInput } from './contracts/encoder-input.js';
export type { Encoder, Head, Mode, Network, ParameterTree } from './contracts/encoder.js';
export type { NamedTensors, Restore, Stateful, TensorValue } from './contracts/stateful.js';
export type {
  ChosenPositives,
  ContrastiveLoss,
  FirstPass,
  Gives,
  Need,
  PairExtra,
  PairKind,
  PositivePairs,
  PositiveStrategy,
  StepOutputs,
  Takes,
} from './contracts/strategy.js';
export type { ViewContext, Views } from './contracts/views.js';
export { defineLoss, type LossDefinition } from './define-loss.js';
export { defineStrategy, type StrategyDefinition, type StrategyWrapping, wrapStrategy } from './define-strategy.js';
export { checkNames, type Counters, counters, joinParts, restoreState, statelessPart } from './life-cycle.js';
export { type Attributes, defineOp, type OpDefinition } from './define-op.js';
export { checkWhole } from './checks.js';
export { digest } from './digest.js';
export { checkEncoderInput, inputMetadata, inputOf } from './encoder-input.js';
export {
  ArgumentError,
  BackendError,
  DataError,
  DivergenceError,
  type ErrorFacts,
  KindredError,
  SettingsError,
  ShapeError,
  StateError,
} from './errors.js';
export { requireGradients } from './gradients.js';
export { imagesOf } from './image-batch.js';
export { lloyd, type LloydClusters, type LloydOptions, lloydToEnd } from './lloyd.js';
export { count, prefixed, readCount, under } from './named-tensors.js';
export { oneRank } from './one-rank.js';
export { batchNorm, type BatchNormActivation, type BatchNormResult, type Normalize, type NormalizedBatch, type NormalizeOptions } from './ops/batch-norm.js';
export { batchNormGroups } from './ops/batch-norm-groups.js';
export { batchNormRelu } from './ops/batch-norm-relu.js';
export { conv2d, conv2dBranch } from './ops/conv2d.js';
export { hsvToRgb, rgbToHsv } from './ops/hsv.js';
export { l2Normalize } from './ops/l2-normalize.js';
export { linearProduct } from './ops/linear-product.js';
export { logSumExp } from './ops/log-sum-exp.js';
export { matrixProduct } from './ops/matrix-product.js';
export { maxPool } from './ops/max-pool.js';
export { relu } from './ops/relu.js';
export { argMaxRows, topKRows, writeRows } from './ops/rows.js';
export { softmaxCrossEntropy } from './ops/softmax-cross-entropy.js';
export { stopGradient, withoutGradient } from './ops/stop-gradient.js';
export { type BatchNormSync, syncBatchNorm } from './ops/sync-batch-norm.js';
export { checkParameters, checkValue, disposeParameters, flattenParameters, readParameters, readTensor, writeParameters } from './parameters.js';
export { random, type Random, type StreamKey } from './random.js';
export { decodeSafetensors, decodeSafetensorsHeader, encodeSafetensors, type SafetensorsContent, type SafetensorsEntry, type SafetensorsHeader } from './safetensors.js';
export { checkShapes, type ShapeClaim } from './shapes.js';
export { unitRows, type ZeroRows } from './unit-rows.js';
export { valuesOf } from './values-of.js';
