/** Recipes for CIFAR-10: the libraries' benchmarks with ResNet-18, and papers that publish settings for it. */
import type { Recipe } from './recipe.js';

const resnet18 = { name: 'resnet', depth: 18, stem: 'cifar' } as const;
const resnet50 = { name: 'resnet', depth: 50, stem: 'cifar' } as const;

/** lightly's CIFAR-10 benchmark: 200 epochs of batches of 128, SGD, a cosine without warm-up. */
const lightly = {
  seed: 1,
  data: { name: 'cifar-10' },
  views: 'nnclr',
  encoder: resnet18,
  optimizer: { name: 'sgd', momentum: 0.9, weightDecay: 5e-4, exclude: 'nothing' },
  learningRate: { base: 0.06, scale: 'linear', reference: 128, warmupEpochs: 0 },
  batchSize: 128,
  epochs: 200,
} as const;

/** SupContrast's: 1,000 epochs of batches of 1,024 with ResNet-50. */
const supContrast = {
  seed: 1,
  data: { name: 'cifar-10' },
  encoder: resnet50,
  optimizer: { name: 'sgd', momentum: 0.9, weightDecay: 1e-4, exclude: 'nothing' },
  batchSize: 1024,
} as const;

/** One row per recipe, every field in every row. */
export const cifar10Recipes = {
  'simclr-cifar10-lightly': {
    source: 'lightly, CIFAR-10 benchmark: ResNet-18, 200 epochs, kNN 84.7 %',
    settings: {
      name: 'simclr-cifar10-lightly',
      ...lightly,
      method: { name: 'simclr', temperature: 0.5, projection: { layers: [512, 128], batchNorm: 'none' }, forward: 'separate' },
    },
  },
  'simclr-cifar10-paper': {
    source: "Google's SimCLR, README for CIFAR-10: ResNet-18, 1,000 epochs, about 91 %; colour of strength 0.5, no blur",
    settings: {
      name: 'simclr-cifar10-paper',
      seed: 1,
      data: { name: 'cifar-10' },
      views: 'simclrCifar',
      encoder: resnet18,
      method: { name: 'simclr', temperature: 0.5, projection: { layers: ['input', 'input', 128], batchNorm: 'all', outputAffine: 'scale-only' }, forward: 'joint' },
      optimizer: { name: 'lars', momentum: 0.9, weightDecay: 1e-4, trustCoefficient: 0.001, form: 'sum', learningRatePlacement: 'inside', clip: false, exclude: 'bias-and-norm' },
      learningRate: { base: 1, scale: 'linear', warmupEpochs: 10 },
      batchSize: 512,
      epochs: 1000,
    },
  },
  'nnclr-cifar10-lightly': {
    source: 'lightly, CIFAR-10 benchmark: ResNet-18, 200 epochs, kNN 83.4 %',
    settings: {
      name: 'nnclr-cifar10-lightly',
      ...lightly,
      method: {
        name: 'nnclr',
        variant: 'lightly',
        temperature: 0.5,
        projection: { layers: [2048, 256], batchNorm: 'all' },
        prediction: { hidden: 4096 },
        supportSet: { capacity: 4096, initial: 'random' },
        forward: 'separate',
      },
    },
  },
  'nnclr-cifar10-paper': {
    source: "Dwibedi et al. 2021 for loss, heads and temperature; solo-learn's CIFAR-10 settings for views, optimiser, queue and schedule, with which its own NNCLR reaches 91.9 % (online linear, 1,000 epochs; its SimCLR 90.7 %)",
    settings: {
      name: 'nnclr-cifar10-paper',
      seed: 1,
      data: { name: 'cifar-10' },
      views: 'soloLearnCifar',
      encoder: resnet18,
      method: {
        name: 'nnclr',
        variant: 'paper',
        temperature: 0.1,
        projection: { layers: [2048, 2048, 256], batchNorm: 'all' },
        prediction: { hidden: 4096 },
        supportSet: { capacity: 65_536, initial: 'random' },
        forward: 'separate',
      },
      optimizer: { name: 'lars', momentum: 0.9, weightDecay: 1e-5, trustCoefficient: 0.02, form: 'separate', learningRatePlacement: 'outside', clip: true, exclude: 'bias-and-norm' },
      learningRate: { base: 0.4, scale: 'linear', warmupEpochs: 10, start: 3e-5 },
      batchSize: 256,
      epochs: 1000,
    },
  },
  'moco-v2-cifar10-lightly': {
    source: "lightly, CIFAR-10 benchmark: ResNet-18, 200 epochs, kNN 83.8 %. There both views are queries; MoCo v2 itself has one",
    settings: {
      name: 'moco-v2-cifar10-lightly',
      ...lightly,
      encoder: { ...resnet18, batchNormSplits: 8 },
      method: {
        name: 'moco-v2',
        temperature: 0.1,
        projection: { layers: [512, 128], batchNorm: 'none' },
        momentum: { decay: 0.99, schedule: 'constant' },
        queue: { capacity: 4096, initial: 'random' },
        forward: 'separate',
      },
    },
  },
  'byol-cifar10-lightly': {
    source: 'lightly, CIFAR-10 benchmark: ResNet-18, 200 epochs, kNN 86.9 %',
    settings: {
      name: 'byol-cifar10-lightly',
      ...lightly,
      method: {
        name: 'byol',
        projection: { layers: [1024, 256], batchNorm: 'hidden', outputBias: false },
        prediction: { hidden: 1024, outputBias: false },
        momentum: { decay: 0.99, schedule: 'constant' },
        forward: 'separate',
      },
    },
  },
  'simsiam-cifar10-lightly': {
    source: 'lightly, CIFAR-10 benchmark: ResNet-18, 200 epochs, kNN 81.9 %',
    settings: {
      name: 'simsiam-cifar10-lightly',
      ...lightly,
      method: {
        name: 'simsiam',
        projection: { layers: [2048, 2048], batchNorm: 'all', outputAffine: false },
        prediction: { hidden: 512 },
        forward: 'separate',
      },
    },
  },
  'barlow-twins-cifar10-lightly': {
    source: 'lightly, CIFAR-10 benchmark: ResNet-18, 200 epochs, kNN 84.2 %',
    settings: {
      name: 'barlow-twins-cifar10-lightly',
      ...lightly,
      method: { name: 'barlow-twins', lambda: 0.005, projection: { layers: [2048, 2048, 2048], batchNorm: 'hidden', outputBias: false }, forward: 'separate' },
    },
  },
  'dcl-cifar10-lightly': {
    source: 'lightly, CIFAR-10 benchmark: ResNet-18, 200 epochs, kNN 84.4 %; the loss is of Yeh et al. 2022, with their temperature for small batches',
    settings: {
      name: 'dcl-cifar10-lightly',
      ...lightly,
      method: { name: 'dcl', temperature: 0.1, projection: { layers: [512, 128], batchNorm: 'none' }, forward: 'separate' },
    },
  },
  'swav-cifar10-lightly': {
    source: "lightly, CIFAR-10 benchmark: ResNet-18, 200 epochs, two views of 32x32, kNN 81.2 %; Adam's L2 penalty is decoupled here",
    settings: {
      name: 'swav-cifar10-lightly',
      ...lightly,
      method: {
        name: 'swav',
        temperature: 0.1,
        projection: { layers: [512, 128], batchNorm: 'hidden' },
        prototypes: { count: 512, epsilon: 0.05, iterations: 3, freezeSteps: 0 },
        forward: 'separate',
      },
      optimizer: { name: 'adamw', weightDecay: 1e-6, exclude: 'nothing' },
      learningRate: { base: 1e-3, scale: 'linear', reference: 128, warmupEpochs: 0 },
    },
  },
  'supcon-cifar10-paper': {
    source: 'Khosla et al. 2020, SupContrast README: ResNet-50, 1,000 epochs, 96.0 %',
    settings: {
      name: 'supcon-cifar10-paper',
      ...supContrast,
      views: 'supconCifar',
      method: { name: 'supcon', temperature: 0.1, projection: { layers: ['input', 128], batchNorm: 'none' }, forward: 'joint' },
      learningRate: { base: 0.5, scale: 'none', warmupEpochs: 10, start: 0.01 },
      epochs: 1000,
    },
  },
  'supervised-cifar10': {
    source: 'Khosla et al. 2020, SupContrast README, cross-entropy: ResNet-50, 500 epochs, 95.0 %. The baseline with labels',
    settings: {
      name: 'supervised-cifar10',
      ...supContrast,
      views: 'supervisedCifar',
      method: { name: 'supervised', classes: 10, forward: 'joint' },
      learningRate: { base: 0.8, scale: 'none', warmupEpochs: 10, start: 0.01 },
      epochs: 500,
    },
  },
  'triplet-cifar10': {
    source: "Schroff et al. 2015 for the semi-hard negatives and margin 0.2 on the unit sphere; views, heads and schedule of lightly's SimCLR. No paper publishes a label-free triplet baseline",
    settings: {
      name: 'triplet-cifar10',
      ...lightly,
      method: { name: 'triplet', margin: 0.2, distance: 'cosine', mining: 'semi-hard', projection: { layers: [512, 128], batchNorm: 'none' }, forward: 'separate' },
    },
  },
  'nn-triplet-cifar10': {
    source: "the row triplet-cifar10 with its positives through the support set of lightly's NNCLR",
    settings: {
      name: 'nn-triplet-cifar10',
      ...lightly,
      method: {
        name: 'nn-triplet',
        margin: 0.2,
        distance: 'cosine',
        mining: 'semi-hard',
        projection: { layers: [512, 128], batchNorm: 'none' },
        supportSet: { capacity: 4096, initial: 'random' },
        forward: 'separate',
      },
    },
  },
} as const satisfies Record<string, Recipe>;
