/** How papers train a classifier on an encoder, frozen or not: one row per protocol, each with its source. */
import type { ViewSettings } from '@kindred/augmentations';

/** How a linear layer is trained by SGD. */
export interface ProbeProtocol {
  readonly epochs: number;
  /** Images per step; all of them if there are fewer. */
  readonly batchSize: number;
  /**
   * The rate of the linear layer at 256 images per step; it is proportional to the images of a step. Several: one layer for each, of
   * which the one most accurate on the images held out is reported.
   */
  readonly learningRate: number | readonly number[];
  /**
   * How the rate changes. `cosine`: half a cosine down to 0, step by step or epoch by epoch. `steps`: multiplied by `factor` at
   * the start of these epochs, counted from 0.
   */
  readonly schedule:
    | { readonly name: 'cosine'; readonly every: 'step' | 'epoch' }
    | { readonly name: 'steps'; readonly epochs: readonly number[]; readonly factor: number };
  /** The share of the velocity that is kept at each step. */
  readonly momentum: number;
  readonly nesterov: boolean;
  /** λ: λ·w is added to the gradient. */
  readonly weightDecay: number;
  /** Deviation of the linear layer's first weights, normal around 0; its bias starts at 0. */
  readonly initialDeviation: number;
  /** What is done to training images, besides what the encoder expects: `viewPipeline` of augmentations makes it. */
  readonly view: ViewSettings;
  /** The paper, or the file of a public repository. */
  readonly source: string;
}

/** How an encoder and a linear layer on it are trained together. */
export interface FineTuneProtocol extends ProbeProtocol {
  readonly learningRate: number;
  /** The rate of the encoder at 256 images per step; `learningRate` is that of the linear layer. */
  readonly encoderLearningRate: number;
  /** `train`: batch statistics, the moving ones follow. `eval`: the moving ones of pre-training, unchanged. */
  readonly batchNorm: 'train' | 'eval';
}

const whole = { area: [0.08, 1], aspect: [3 / 4, 4 / 3] } as const;
const flip = { probability: 0.5 } as const;
const googleView = { crop: { ...whole, interpolation: 'bicubic', sampler: 'tensorflow' }, flip } as const;
const byolView = { crop: { ...whole, interpolation: 'bicubic', sampler: 'byol' }, flip } as const;
const smallView = { crop: { area: [0.5, 1], aspect: [3 / 4, 4 / 3], interpolation: 'bilinear', sampler: 'torchvision' }, flip } as const;
const torchView = { crop: { ...whole, interpolation: 'bilinear', sampler: 'torchvision' }, flip } as const;

/**
 * Linear evaluation as published (and one row of our own): for `linearProbeSgd`. A rate fits the scale of a method's features: 30 for
 * MoCo is not a typo, and 0.1 there would learn next to nothing.
 *
 * Most of these papers report the best epoch on the images that they also report on, or the last; BYOL chooses its rate on images held out.
 *
 * @example
 * probeProtocols.mocoV2.learningRate; // => 30
 */
export const probeProtocols = {
  simclr: {
    epochs: 90,
    batchSize: 4096,
    learningRate: 0.1,
    schedule: { name: 'cosine', every: 'step' },
    momentum: 0.9,
    nesterov: true,
    weightDecay: 0,
    initialDeviation: 0,
    view: googleView,
    source: 'Chen et al. 2020, SimCLR, appendix B.6, and google-research/simclr, README (there ImageNet with weight decay 1e-6)',
  },
  simclrCifar: {
    epochs: 100,
    batchSize: 512,
    learningRate: 0.1,
    schedule: { name: 'cosine', every: 'step' },
    momentum: 0.9,
    nesterov: true,
    weightDecay: 0,
    initialDeviation: 0,
    view: googleView,
    source: 'google-research/simclr, README, CIFAR-10',
  },
  mocoV2: {
    epochs: 100,
    batchSize: 256,
    learningRate: 30,
    schedule: { name: 'steps', epochs: [60, 80], factor: 0.1 },
    momentum: 0.9,
    nesterov: false,
    weightDecay: 0,
    initialDeviation: 0.01,
    view: torchView,
    source: 'facebookresearch/moco, main_lincls.py',
  },
  byol: {
    epochs: 80,
    batchSize: 1024,
    learningRate: 0.2,
    schedule: { name: 'cosine', every: 'step' },
    momentum: 0.9,
    nesterov: true,
    weightDecay: 0,
    initialDeviation: 0,
    view: byolView,
    source:
      'google-deepmind/deepmind-research, byol/configs/eval.py (its layer starts at a truncated normal); batch of the paper, which ' +
      'tries rates of 0.05 to 0.4',
  },
  swav: {
    epochs: 100,
    batchSize: 256,
    learningRate: 0.3,
    schedule: { name: 'cosine', every: 'epoch' },
    momentum: 0.9,
    nesterov: false,
    weightDecay: 1e-6,
    initialDeviation: 0.01,
    view: torchView,
    source: 'facebookresearch/swav, eval_linear.py; also DeepCluster v2',
  },
  barlowTwins: {
    epochs: 100,
    batchSize: 256,
    learningRate: 0.1,
    schedule: { name: 'cosine', every: 'epoch' },
    momentum: 0.9,
    nesterov: false,
    weightDecay: 1e-6,
    initialDeviation: 0.01,
    view: torchView,
    source: 'facebookresearch/barlowtwins, evaluate.py and README (--lr-classifier 0.1)',
  },
  small: {
    epochs: 10,
    batchSize: 256,
    learningRate: [0.1, 0.3, 1, 3, 10, 30],
    schedule: { name: 'cosine', every: 'step' },
    momentum: 0.9,
    nesterov: true,
    weightDecay: 0,
    initialDeviation: 0,
    view: smallView,
    source: "Kindred's own for images of 28 to 64 pixels and a small budget, published nowhere: SimCLR's with milder crops and a choice of rates",
  },
} as const satisfies Record<string, ProbeProtocol>;

const simclrFineTune = {
  batchSize: 4096,
  learningRate: 0.05,
  encoderLearningRate: 0.05,
  batchNorm: 'train',
  schedule: { name: 'cosine', every: 'step' },
  momentum: 0.9,
  nesterov: true,
  weightDecay: 0,
  initialDeviation: 0,
  view: googleView,
} as const;

const torchFineTune = {
  epochs: 20,
  batchSize: 256,
  batchNorm: 'train',
  momentum: 0.9,
  nesterov: false,
  weightDecay: 0,
  view: torchView,
} as const;

/**
 * Fine-tuning on few labels as published (and two rows of our own): for `fineTune`. The rates were chosen for ImageNet's 1 % and 10 %.
 *
 * @example
 * fineTuneProtocols.swavOnePercent.learningRate / fineTuneProtocols.swavOnePercent.encoderLearningRate; // => 250
 */
export const fineTuneProtocols = {
  simclrOnePercent: { ...simclrFineTune, epochs: 60, source: 'Chen et al. 2020, SimCLR, appendix B.5: 1 % of the labels' },
  simclrTenPercent: { ...simclrFineTune, epochs: 30, source: 'Chen et al. 2020, SimCLR, appendix B.5: 10 % of the labels' },
  swavOnePercent: {
    ...torchFineTune,
    learningRate: 5,
    encoderLearningRate: 0.02,
    schedule: { name: 'steps', epochs: [12, 16], factor: 0.2 },
    initialDeviation: 0.01,
    source: 'facebookresearch/swav, eval_semisup.py and README: 1 % of the labels (its layer starts as torch.nn.Linear does)',
  },
  swavTenPercent: {
    ...torchFineTune,
    learningRate: 0.2,
    encoderLearningRate: 0.01,
    schedule: { name: 'steps', epochs: [12, 16], factor: 0.2 },
    initialDeviation: 0.01,
    source: 'facebookresearch/swav, eval_semisup.py and README: 10 % of the labels (its layer starts as torch.nn.Linear does)',
  },
  barlowTwinsOnePercent: {
    ...torchFineTune,
    learningRate: 0.5,
    encoderLearningRate: 0.002,
    schedule: { name: 'cosine', every: 'epoch' },
    initialDeviation: 0.01,
    source: 'facebookresearch/barlowtwins, evaluate.py and README: 1 % of the labels',
  },
  smallOnePercent: {
    ...simclrFineTune,
    epochs: 50,
    batchSize: 32,
    learningRate: 0.4,
    encoderLearningRate: 0.4,
    view: smallView,
    source:
      "Kindred's own for images of 28 to 64 pixels, published nowhere: SimCLR's with small batches and milder crops, found on held-out " +
      'labels of 1 % of Fashion-MNIST (an NNCLR encoder of 0.7 million parameters, three draws)',
  },
  smallTenPercent: {
    ...simclrFineTune,
    epochs: 15,
    batchSize: 64,
    learningRate: 0.4,
    encoderLearningRate: 0.4,
    view: smallView,
    source: "Kindred's own for images of 28 to 64 pixels, published nowhere: as smallOnePercent, for 10 % of the labels",
  },
} as const satisfies Record<string, FineTuneProtocol>;
