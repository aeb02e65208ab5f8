/** @module @kindred/augmentations */
export type { Augmentation, ImageSize } from './augmentation.js';
export { bytesToImages } from './bytes-to-images.js';
export { colorJitter, type ColorJitterOptions } from './color-jitter.js';
export { compose } from './compose.js';
export type { CropBox, CropSampler } from './crop-samplers.js';
export { type BlurRecord, gaussianBlur, type GaussianBlurOptions } from './gaussian-blur.js';
export { type FlipRecord, horizontalFlip, type HorizontalFlipOptions } from './horizontal-flip.js';
export type { JitterRecord, JitterStep } from './jitter-steps.js';
export { normalize, type NormalizeOptions } from './normalize.js';
export { type AugmentationPreset, augmentationPresets } from './presets.js';
export { type GrayscaleRecord, randomGrayscale, type RandomGrayscaleOptions } from './random-grayscale.js';
export { randomResizedCrop, type RandomResizedCropOptions } from './random-resized-crop.js';
export type { Interpolation } from './resize-weights.js';
export type { SeparableMaps } from './separable.js';
export { ViewSettings, viewPipeline } from './view-settings.js';
export { applyViews, drawViews, type DrawOptions } from './views.js';
