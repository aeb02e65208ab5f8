/** What papers and libraries do to images: one row a setting, its source beside it. */
import type { ViewSettings } from './view-settings.js';

/** A row of `augmentationPresets`. */
export interface AugmentationPreset {
  /** The data that the setting was made for. */
  readonly dataset: string;
  /** The settings of each view. */
  readonly views: readonly ViewSettings[];
  /** Where the numbers are from, and where this library cannot follow to the letter. */
  readonly source: string;
}

/** SimCLR's colour distortion of strength s. */
const simclrJitter = (s: number): NonNullable<ViewSettings['jitter']> => ({
  probability: 0.8,
  brightness: 0.8 * s,
  contrast: 0.8 * s,
  saturation: 0.8 * s,
  hueTurns: 0.2 * s,
});

const fullRange = { area: [0.08, 1], aspect: [3 / 4, 4 / 3] } as const;
const googleCrop = { ...fullRange, interpolation: 'bicubic', sampler: 'tensorflow' } as const;

const simclrView: ViewSettings = {
  crop: googleCrop,
  flip: { probability: 0.5 },
  jitter: simclrJitter(1),
  grayscale: { probability: 0.2 },
  blur: { probability: 0.5, sigmaPixels: [0.1, 2], kernel: 23 },
};

const simclrCifarView: ViewSettings = {
  crop: googleCrop,
  flip: { probability: 0.5 },
  jitter: simclrJitter(0.5),
  grayscale: { probability: 0.2 },
};

const nnclrView: ViewSettings = {
  crop: { ...fullRange, interpolation: 'bilinear', sampler: 'torchvision' },
  flip: { probability: 0.5 },
  jitter: simclrJitter(0.5),
  grayscale: { probability: 0.2 },
  normalize: { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] },
};

const cropOnlyView: ViewSettings = {
  crop: { ...fullRange, interpolation: 'bicubic', sampler: 'torchvision' },
};

/**
 * Settings of views as published. Take a row, or spread one and change what differs.
 *
 * @example
 * augmentationPresets.simclr.views[0]!.jitter!.hueTurns; // => 0.2
 */
export const augmentationPresets = {
  simclr: {
    dataset: 'imagenet',
    views: [simclrView, simclrView],
    source:
      'Google SimCLR v2 (data_util.py), strength 1, 224 pixels. There one sigma serves a batch, contrast turns about the ' +
      'mean of each channel, and bicubic is not antialiased.',
  },
  simclrCifar: {
    dataset: 'cifar10',
    views: [simclrCifarView, simclrCifarView],
    source: 'Google SimCLR (README, CIFAR-10), strength 0.5, no blur. Contrast and bicubic as in the row simclr.',
  },
  nnclr: {
    dataset: 'cifar10',
    views: [nnclrView, nnclrView],
    source:
      "lightly's CIFAR-10 benchmark of NNCLR: SimCLR's distortion of strength 0.5, no blur, ImageNet's normalisation. The " +
      'paper (Dwibedi et al. 2021) trains on ImageNet with crop, flip, jitter, grey and blur.',
  },
  cropOnly: {
    dataset: 'imagenet',
    views: [cropOnlyView, cropOnlyView],
    source:
      'The ablation of BYOL (Grill et al. 2020, figure 3b) and NNCLR (Dwibedi et al. 2021): random crops alone. The box is ' +
      "torchvision's: the papers' own sampler differs.",
  },
} as const satisfies Record<string, AugmentationPreset>;
