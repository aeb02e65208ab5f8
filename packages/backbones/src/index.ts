/** @module @kindred/backbones */
export {
  type Affine,
  type BatchNormalization,
  batchNormalization,
  type BatchNormalizationOptions,
} from './batch-normalization.js';
export { type Convolution, convolution, type ConvolutionOptions } from './convolution.js';
export { type HeadPreset, headPresets } from './head-presets.js';
export type { Layer, LayeredHead, LayeredNetwork } from './layers.js';
export { linear, type LinearOptions } from './linear.js';
export { mlp, type MlpOptions } from './mlp.js';
export { countMultiplyAdds } from './multiply-adds.js';
export {
  countParameters,
  disposeNetwork,
  type Link,
  networkState,
  restoreNetwork,
  sequential,
  type Trees,
} from './network.js';
export { predictionHead, type PredictionHeadOptions } from './prediction-head.js';
export { type HeadNormalization, projectionHead, type ProjectionHeadOptions } from './projection-head.js';
export type { ResidualEncoder } from './residual-encoder.js';
export { type ResidualPlan, residualParts, type StagePlan, type StemPlan } from './residual-plan.js';
export { resnet, type ResNetDepth, type ResNetOptions } from './resnet.js';
export { smallResNet, type SmallResNetOptions } from './small-resnet.js';
export { exportTorch, importTorch, type TorchImport } from './torch.js';
export { type TorchBackbone, torchBackbone } from './torch-backbone.js';
