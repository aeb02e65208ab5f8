/** What papers and libraries do to images: one row per setting, each with its source. */
import {
  byolJitter,
  byolViews,
  cifarNormal,
  fullRange,
  googleBlur,
  googleCrop,
  imagenetNormal,
  mocoJitter,
  multiCrop,
  photographBlur,
  simclrJitter,
  twice,
} from './preset-parts.js';
import type { ViewSettings } from './view-settings.js';

/** A row of `augmentationPresets`. */
export interface AugmentationPreset {
  /** The data that the setting was made for. */
  readonly dataset: string;
  /** The settings of each view; a single one serves as many views as are asked for. */
  readonly views: readonly ViewSettings[];
  /** Where the numbers are from, and where this library cannot follow to the letter. */
  readonly source: string;
}

const flip = { probability: 0.5 } as const;
const grayscale = { probability: 0.2 } as const;
const torchCrop = { ...fullRange, interpolation: 'bilinear', sampler: 'torchvision' } as const;
const torchBicubic = { ...fullRange, interpolation: 'bicubic', sampler: 'torchvision' } as const;
const mocoCrop = { ...torchCrop, area: [0.2, 1] } as const;

const googleJitter = (s: number): NonNullable<ViewSettings['jitter']> => ({ ...simclrJitter(s), definitions: 'tensorflow' });

const simclrView: ViewSettings = { crop: googleCrop, flip, jitter: googleJitter(1), grayscale, blur: googleBlur(0.5) };
const mocoView = {
  crop: mocoCrop,
  flip,
  jitter: mocoJitter,
  grayscale,
  blur: photographBlur(0.5),
  normalize: imagenetNormal,
} as const;

const soloNormal = cifarNormal([0.247, 0.2435, 0.2616]);

/**
 * Settings of views as published. Take a row, or spread one and change what differs. Sizes are in a row only where views of
 * one image differ in size.
 *
 * @example
 * augmentationPresets.simclr.views[0].jitter!.hueTurns; // => 0.2
 */
export const augmentationPresets = {
  simclrV1: {
    dataset: 'imagenet',
    views: twice({ ...simclrView, jitter: { ...googleJitter(1), additiveBrightness: true } }),
    source:
      "Chen et al. 2020, SimCLR, appendix A, and Google's code with color_jitter's simclrv1, 224 pixels: brightness is a sum. " +
      'There one sigma serves a batch, here each image has its own.',
  },
  simclr: {
    dataset: 'imagenet',
    views: twice(simclrView),
    source:
      "Google's SimCLR v2 (tf2/data_util.py), strength 1, 224 pixels: TensorFlow's boxes, contrast and saturation, bicubic " +
      'without antialiasing, blur with black edges. There one sigma serves a batch, here each image has its own.',
  },
  simclrCifar: {
    dataset: 'cifar10',
    views: twice({ crop: googleCrop, flip, jitter: googleJitter(0.5), grayscale }),
    source: "Google's SimCLR (README, CIFAR-10): the row simclr at strength 0.5, without blur.",
  },
  byol: {
    dataset: 'imagenet',
    views: byolViews({
      crop: { ...fullRange, interpolation: 'bicubic', sampler: 'byol', antialias: false },
      jitter: { ...byolJitter, definitions: 'tensorflow', additiveBrightness: true },
      blur: googleBlur,
    }),
    source:
      "Grill et al. 2020, BYOL, table 6 and its code (augmentations.py, dataset.py), 224 pixels: boxes of one try, TensorFlow's " +
      'contrast and saturation, brightness a sum, bicubic without antialiasing, blur with black edges.',
  },
  mocoV1: {
    dataset: 'imagenet',
    views: twice({
      crop: mocoCrop,
      flip,
      jitter: { probability: 1, brightness: 0.4, contrast: 0.4, saturation: 0.4, hueTurns: 0.4 },
      grayscale: { probability: 0.2, beforeJitter: true },
      normalize: imagenetNormal,
    }),
    source: 'He et al. 2020, MoCo, main_moco.py without --aug-plus: grey before jitter, jitter always, hue 0.4.',
  },
  mocoV2: {
    dataset: 'imagenet',
    views: twice(mocoView),
    source: "Chen et al. 2020, MoCo v2, main_moco.py with --aug-plus. Its blur is PIL's, three box filters.",
  },
  mocoV3: {
    dataset: 'imagenet',
    views: byolViews({ crop: mocoCrop }),
    source: 'Chen et al. 2021, MoCo v3, main_moco.py with --crop-min 0.2 (ResNet-50; vision transformers: 0.08).',
  },
  simsiam: {
    dataset: 'imagenet',
    views: twice(mocoView),
    source: "Chen and He 2021, SimSiam, main_simsiam.py: MoCo v2's.",
  },
  swav: {
    dataset: 'imagenet',
    views: multiCrop(),
    source:
      'Caron et al. 2020, SwAV, main_swav.py and multicropdataset.py: two views of 224 pixels and six of 96. The first ' +
      "deviation, 0.228, is SwAV's; everyone else's is 0.229.",
  },
  deepClusterV2: {
    dataset: 'imagenet',
    views: multiCrop(),
    source: "Caron et al. 2020, DeepCluster v2, main_deepclusterv2.py: SwAV's.",
  },
  swavSmall: {
    dataset: 'cifar10',
    views: [
      ...twice({ crop: { ...torchCrop, area: [0.14, 1] }, flip, jitter: simclrJitter(0.5), grayscale, normalize: imagenetNormal }),
      ...Array.from({ length: 4 }, (): ViewSettings => ({
        size: [16, 16],
        crop: { ...torchCrop, area: [0.08, 0.25] },
        flip,
        jitter: simclrJitter(0.5),
        grayscale,
        normalize: imagenetNormal,
      })),
    ],
    source:
      "Kindred's own scaling of SwAV's multi-crop to images of 28 to 64 pixels, published nowhere: two views of the full " +
      'size and four of 16 pixels, jitter of strength 0.5 and no blur, as SimCLR does on CIFAR-10.',
  },
  barlowTwins: {
    dataset: 'imagenet',
    views: byolViews({ crop: torchBicubic }),
    source: "Zbontar et al. 2021, Barlow Twins, main.py. Its blur is PIL's, three box filters.",
  },
  vicreg: {
    dataset: 'imagenet',
    views: byolViews({ crop: torchBicubic }),
    source: "Bardes et al. 2022, VICReg, augmentations.py. Its blur is PIL's, three box filters.",
  },
  nnclrPaper: {
    dataset: 'imagenet',
    views: twice(simclrView),
    source:
      'Dwibedi et al. 2021, NNCLR, names crop, flip, jitter, grey and blur, without code: the numbers are those of the row ' +
      'simclr.',
  },
  nnclr: {
    dataset: 'cifar10',
    views: twice({ crop: torchCrop, flip, jitter: simclrJitter(0.5), grayscale, normalize: imagenetNormal }),
    source:
      "lightly's CIFAR-10 benchmark of NNCLR (its SimCLR, MoCo, BYOL, SimSiam and Barlow Twins take the same): SimCLR's " +
      "distortion of strength 0.5, no blur, ImageNet's normalisation. The paper trains on ImageNet: the row nnclrPaper.",
  },
  soloLearnCifar: {
    dataset: 'cifar10',
    views: byolViews({ crop: torchBicubic, blur: null, normalize: soloNormal }),
    source:
      'solo-learn, scripts/pretrain/cifar, asymmetric.yaml (BYOL, NNCLR, Barlow Twins): no blur, solarise in the second view.',
  },
  soloLearnCifarSymmetric: {
    dataset: 'cifar10',
    views: twice({ crop: torchBicubic, flip, jitter: simclrJitter(1), grayscale, blur: photographBlur(0.5), normalize: soloNormal }),
    source:
      "solo-learn, scripts/pretrain/cifar, symmetric.yaml (SimCLR, SwAV, SupCon): strength 1 and blur also at 32 pixels. Its blur is PIL's.",
  },
  soloLearnCifarWeak: {
    dataset: 'cifar10',
    views: twice({ crop: torchBicubic, flip, jitter: mocoJitter, grayscale, blur: photographBlur(0.5), normalize: soloNormal }),
    source: "solo-learn, scripts/pretrain/cifar, symmetric_weak.yaml (MoCo v2+, SimSiam). Its blur is PIL's.",
  },
  soloLearnCifarVicreg: {
    dataset: 'cifar10',
    views: twice({
      crop: { ...torchBicubic, area: [0.2, 1] },
      flip,
      jitter: byolJitter,
      grayscale,
      solarize: { probability: 0.1, threshold: 0.5 },
      normalize: soloNormal,
    }),
    source: 'solo-learn, scripts/pretrain/cifar/vicreg.yaml: area from 0.2, no blur, solarise in both views.',
  },
  supconCifar: {
    dataset: 'cifar10',
    views: twice({ crop: mocoCrop, flip, jitter: mocoJitter, grayscale, normalize: cifarNormal([0.2023, 0.1994, 0.201]) }),
    source: 'Khosla et al. 2020, SupContrast, main_supcon.py, CIFAR-10.',
  },
  supervised: {
    dataset: 'imagenet',
    views: [{ crop: torchCrop, flip, normalize: imagenetNormal }],
    source: "torchvision's reference training on ImageNet: crop and flip.",
  },
  supervisedCifar: {
    dataset: 'cifar10',
    views: [{ crop: mocoCrop, flip, normalize: cifarNormal([0.2023, 0.1994, 0.201]) }],
    source: 'Khosla et al. 2020, SupContrast, main_ce.py, CIFAR-10: crop and flip.',
  },
  cropOnly: {
    dataset: 'imagenet',
    views: twice({ crop: torchBicubic }),
    source:
      'The ablation of BYOL (Grill et al. 2020, figure 3b) and NNCLR (Dwibedi et al. 2021): random crops alone. The box is ' +
      "torchvision's: the papers' own sampler differs.",
  },
} as const satisfies Record<string, AugmentationPreset>;
