/**
 * Recipes for ImageNet: each paper's own settings with ResNet-50, for a machine with graphics cards.
 *
 * As in the papers crops come from the whole picture (of which the longer side is brought to 1,024 pixels if it has more), and
 * the encoder is evaluated on the centre: 224 of 256 pixels. `chunkSize` fits a batch into memory; batch norm then sees a chunk.
 */
import type { Recipe } from './recipe.js';

const resnet50 = { name: 'resnet', depth: 50, stem: 'imagenet' } as const;
const imagenet = {
  seed: 1,
  data: { name: 'image-folder', root: 'imagenet', train: 'train', test: 'val' },
  viewSize: [224, 224] as [number, number],
  encoder: resnet50,
} as const;

/** LARS as in Google's SimCLR: the learning rate inside of the momentum. */
const larsInside = { name: 'lars', momentum: 0.9, trustCoefficient: 0.001, form: 'sum', learningRatePlacement: 'inside', clip: false, exclude: 'bias-and-norm' } as const;
/** LARS as nearly all others have it. */
const lars = { ...larsInside, learningRatePlacement: 'outside' } as const;

const byolHeads = {
  projection: { layers: [4096, 256], batchNorm: 'hidden', outputBias: false },
  prediction: { hidden: 4096, outputBias: false },
} as const;
const nnclrQueue = { capacity: 98_304, initial: 'random' } as const;
const swavHead = { layers: [2048, 128], batchNorm: 'hidden' } as const;
const expander = { layers: [8192, 8192, 8192], batchNorm: 'hidden', outputBias: false } as const;

const byol = {
  ...imagenet,
  views: 'byol',
  optimizer: { ...lars, weightDecay: 1.5e-6 },
  learningRate: { base: 0.2, scale: 'linear', warmupEpochs: 10 },
  batchSize: 4096,
  epochs: 1000,
} as const;
const simsiam = {
  ...imagenet,
  views: 'simsiam',
  encoder: { ...resnet50, zeroInitResidual: true },
  optimizer: { name: 'sgd', momentum: 0.9, weightDecay: 1e-4, exclude: 'nothing' },
  learningRate: { base: 0.05, scale: 'linear', warmupEpochs: 0, fixedPredictor: true },
  batchSize: 512,
  epochs: 100,
} as const;
const simsiamHeads = {
  projection: { layers: [2048, 2048, 2048], batchNorm: 'all', outputAffine: false },
  prediction: { hidden: 512 },
} as const;
const moco = {
  ...imagenet,
  views: 'mocoV2',
  encoder: { ...resnet50, batchNormSplits: 8 },
  optimizer: { name: 'sgd', momentum: 0.9, weightDecay: 1e-4, exclude: 'nothing' },
  learningRate: { base: 0.03, scale: 'linear', warmupEpochs: 0 },
  batchSize: 256,
  epochs: 200,
} as const;
const mocoParts = {
  temperature: 0.2,
  projection: { layers: ['input', 128], batchNorm: 'none' },
  momentum: { decay: 0.999, schedule: 'constant' },
  queue: { capacity: 65_536, initial: 'random' },
} as const;
const swav = {
  ...imagenet,
  optimizer: { ...lars, weightDecay: 1e-6, exclude: 'nothing' },
  learningRate: { base: 4.8, scale: 'none', warmupEpochs: 10, start: 0.3, final: 0.0048 },
  batchSize: 4096,
  epochs: 800,
} as const;

/** One row per recipe, every field in every row. */
export const imagenetRecipes = {
  'simclr-imagenet-paper': {
    source: "Chen et al. 2020, SimCLR, with the flags of Google's code: batch 4,096, square-root rule; linear 69.3 % (v1's head has two layers, this is the code's three)",
    settings: {
      name: 'simclr-imagenet-paper',
      ...imagenet,
      views: 'simclrV1',
      method: { name: 'simclr', temperature: 0.1, projection: { layers: ['input', 'input', 128], batchNorm: 'all', outputAffine: 'scale-only' }, forward: 'joint' },
      optimizer: { ...larsInside, weightDecay: 1e-6 },
      learningRate: { base: 0.075, scale: 'sqrt', reference: 1, warmupEpochs: 10 },
      batchSize: 4096,
      epochs: 1000,
    },
  },
  'nnclr-imagenet-paper': {
    source: 'Dwibedi et al. 2021, section 4.1: batch 4,096, 1,000 epochs; linear 75.4 %',
    settings: {
      name: 'nnclr-imagenet-paper',
      ...imagenet,
      views: 'nnclrPaper',
      method: {
        name: 'nnclr',
        variant: 'paper',
        temperature: 0.1,
        projection: { layers: [2048, 2048, 256], batchNorm: 'all' },
        prediction: { hidden: 4096 },
        supportSet: nnclrQueue,
        forward: 'separate',
      },
      optimizer: { ...lars, weightDecay: 1e-6 },
      learningRate: { base: 0.3, scale: 'linear', warmupEpochs: 10 },
      batchSize: 4096,
      epochs: 1000,
    },
  },
  'moco-v2-imagenet-paper': {
    source: 'Chen et al. 2020, MoCo v2: 200 epochs, linear 67.5 %. Split batch norm stands for the shuffling between 8 devices',
    settings: { name: 'moco-v2-imagenet-paper', ...moco, method: { name: 'moco-v2', ...mocoParts, forward: 'separate' } },
  },
  'moco-v3-imagenet-paper': {
    source: 'Chen et al. 2021, MoCo v3 with ResNet-50: 1,000 epochs, linear 74.6 %. Its loss is 2τ times ours: at τ = 1 twice, which LARS does not see',
    settings: {
      name: 'moco-v3-imagenet-paper',
      ...imagenet,
      views: 'mocoV3',
      method: {
        name: 'moco-v3',
        temperature: 1,
        projection: { layers: [4096, 256], batchNorm: 'all', outputAffine: false },
        prediction: { hidden: 4096, outputBias: false },
        momentum: { decay: 0.996, schedule: 'cosine' },
        forward: 'separate',
      },
      optimizer: { ...lars, weightDecay: 1.5e-6 },
      learningRate: { base: 0.3, scale: 'linear', warmupEpochs: 10 },
      batchSize: 4096,
      epochs: 1000,
    },
  },
  'byol-imagenet-paper': {
    source: 'Grill et al. 2020, BYOL: 1,000 epochs, linear 74.3 %',
    settings: { name: 'byol-imagenet-paper', ...byol, method: { name: 'byol', ...byolHeads, momentum: { decay: 0.996, schedule: 'cosine' }, forward: 'separate' } },
  },
  'simsiam-imagenet-paper': {
    source: 'Chen & He 2021, SimSiam: 100 epochs, linear 68.1 %; the predictor keeps its rate',
    settings: { name: 'simsiam-imagenet-paper', ...simsiam, method: { name: 'simsiam', ...simsiamHeads, forward: 'separate' } },
  },
  'swav-imagenet-paper': {
    source: 'Caron et al. 2020, SwAV: multi-crop 2x224 + 6x96, 800 epochs, linear 75.3 %; batch 4,096 goes without a queue',
    settings: {
      name: 'swav-imagenet-paper',
      ...swav,
      views: 'swav',
      method: { name: 'swav', temperature: 0.1, projection: swavHead, prototypes: { count: 3000, epsilon: 0.05, iterations: 3, freezeSteps: 313 }, forward: 'joint' },
    },
  },
  'swav-imagenet-small-batch': {
    source: 'Caron et al. 2020, SwAV with batch 256: 200 epochs, a queue of 3,840 from epoch 15, linear 72.7 %',
    settings: {
      name: 'swav-imagenet-small-batch',
      ...swav,
      views: 'swav',
      method: {
        name: 'swav',
        temperature: 0.1,
        projection: swavHead,
        prototypes: { count: 3000, epsilon: 0.05, iterations: 3, freezeSteps: 5005 },
        codeQueue: { capacity: 3840, fromEpoch: 15 },
        forward: 'joint',
      },
      learningRate: { base: 0.6, scale: 'none', warmupEpochs: 0, final: 0.0006 },
      batchSize: 256,
      epochs: 200,
    },
  },
  'deepcluster-v2-imagenet-paper': {
    source: 'Caron et al. 2020, DeepCluster v2: multi-crop, three heads of 3,000 clusters, 800 epochs, linear 75.2 %',
    settings: {
      name: 'deepcluster-v2-imagenet-paper',
      ...swav,
      views: 'deepClusterV2',
      method: { name: 'deepcluster-v2', temperature: 0.1, projection: swavHead, clusters: [3000, 3000, 3000], iterations: 10, forward: 'joint' },
    },
  },
  'barlow-twins-imagenet-paper': {
    source: 'Zbontar et al. 2021, Barlow Twins: 1,000 epochs, linear 73.2 %; biases and batch norms at 0.0048 / 0.2 of the rate',
    settings: {
      name: 'barlow-twins-imagenet-paper',
      ...imagenet,
      views: 'barlowTwins',
      method: { name: 'barlow-twins', lambda: 0.0051, projection: expander, forward: 'separate' },
      optimizer: { ...lars, weightDecay: 1e-6 },
      learningRate: { base: 0.2, scale: 'linear', warmupEpochs: 10, final: 0.0016, biasAndNorm: 0.024 },
      batchSize: 2048,
      epochs: 1000,
    },
  },
  'vicreg-imagenet-paper': {
    source: 'Bardes et al. 2022, VICReg: 1,000 epochs, linear 73.2 %',
    settings: {
      name: 'vicreg-imagenet-paper',
      ...imagenet,
      views: 'vicreg',
      method: { name: 'vicreg', invariance: 25, variance: 25, covariance: 1, projection: expander, forward: 'separate' },
      optimizer: { ...lars, weightDecay: 1e-6 },
      learningRate: { base: 0.2, scale: 'linear', warmupEpochs: 10, final: 0.002 },
      batchSize: 2048,
      epochs: 1000,
    },
  },
  'nnsiam-imagenet': {
    source: "simsiam-imagenet-paper with its positives through NNCLR's support set. No paper publishes it",
    settings: { name: 'nnsiam-imagenet', ...simsiam, method: { name: 'nnsiam', ...simsiamHeads, supportSet: nnclrQueue, forward: 'separate' } },
  },
  'nnbyol-imagenet': {
    source: "byol-imagenet-paper with its positives through NNCLR's support set. No paper publishes it",
    settings: {
      name: 'nnbyol-imagenet',
      ...byol,
      method: { name: 'nnbyol', ...byolHeads, momentum: { decay: 0.996, schedule: 'cosine' }, supportSet: nnclrQueue, forward: 'separate' },
    },
  },
  'nn-moco-imagenet': {
    source: "moco-v2-imagenet-paper with its positives through NNCLR's support set. No paper publishes it",
    settings: { name: 'nn-moco-imagenet', ...moco, method: { name: 'nn-moco', ...mocoParts, supportSet: nnclrQueue, forward: 'separate' } },
  },
} as const satisfies Record<string, Recipe>;
