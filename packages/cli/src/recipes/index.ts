/** Recipes: complete settings of runs, each with its source. Nobody types these numbers again. */
import type * as z from 'zod';
import type { PretrainSettings } from './settings/pretrain-settings.js';

/** Settings and where they come from. */
export interface Recipe {
  /** Paper, code or measurement. */
  readonly source: string;
  readonly settings: z.input<typeof PretrainSettings>;
}

/** The backbone and views of the quick start: 14 million multiply-adds a view of 28x28. */
const quickStart = {
  data: { name: 'fashion-mnist' },
  views: {
    crop: { area: [0.6, 1], aspect: [3 / 4, 4 / 3], interpolation: 'bilinear', sampler: 'torchvision' },
    flip: { probability: 0.5 },
    jitter: { probability: 0.8, brightness: 0.4, contrast: 0.4, saturation: 0, hueTurns: 0 },
  },
  encoder: { name: 'small-resnet', stem: { channels: 16, kernel: 3, stride: 2 }, widths: [64, 256], blocks: [1, 1], strides: [2, 2] },
  optimizer: { name: 'sgd', momentum: 0.9, weightDecay: 5e-4, exclude: 'bias-and-norm' },
  learningRate: { base: 0.1, scale: 'none', warmupEpochs: 0.3 },
  batchSize: 128,
  epochs: 3,
} as const;

const resnet18 = { name: 'resnet', depth: 18, stem: 'cifar' } as const;

/** One row a recipe, every field in every row. Override with `--set`. */
export const recipes = {
  'quick-start-nnclr': {
    source: 'measured, docs/results/quick-start.md',
    settings: {
      name: 'quick-start-nnclr',
      seed: 1,
      ...quickStart,
      method: {
        name: 'nnclr',
        variant: 'paper',
        temperature: 0.1,
        projection: { layers: [256, 64], batchNorm: 'all' },
        prediction: { hidden: 256 },
        supportSet: { capacity: 8192, initial: 'random' },
        forward: 'joint',
      },
    },
  },
  'quick-start-simclr': {
    source: 'measured, docs/results/quick-start.md',
    settings: {
      name: 'quick-start-simclr',
      seed: 1,
      ...quickStart,
      method: { name: 'simclr', temperature: 0.2, projection: { layers: [256, 64], batchNorm: 'all' }, forward: 'joint' },
    },
  },
  'simclr-cifar10-lightly': {
    source: 'lightly, CIFAR-10 benchmark: ResNet-18, 200 epochs, kNN 84.7 %',
    settings: {
      name: 'simclr-cifar10-lightly',
      seed: 1,
      data: { name: 'cifar-10' },
      views: 'simclrCifar',
      encoder: resnet18,
      method: { name: 'simclr', temperature: 0.5, projection: { layers: [512, 128], batchNorm: 'none' }, forward: 'separate' },
      optimizer: { name: 'sgd', momentum: 0.9, weightDecay: 5e-4, exclude: 'nothing' },
      learningRate: { base: 0.06, scale: 'linear', reference: 128, warmupEpochs: 0 },
      batchSize: 128,
      epochs: 200,
    },
  },
  'nnclr-cifar10-lightly': {
    source: 'lightly, CIFAR-10 benchmark: ResNet-18, 200 epochs, kNN 83.4 %',
    settings: {
      name: 'nnclr-cifar10-lightly',
      seed: 1,
      data: { name: 'cifar-10' },
      views: 'simclrCifar',
      encoder: resnet18,
      method: {
        name: 'nnclr',
        variant: 'lightly',
        temperature: 0.5,
        projection: { layers: [2048, 256], batchNorm: 'all' },
        prediction: { hidden: 4096 },
        supportSet: { capacity: 4096, initial: 'random' },
        forward: 'separate',
      },
      optimizer: { name: 'sgd', momentum: 0.9, weightDecay: 5e-4, exclude: 'nothing' },
      learningRate: { base: 0.06, scale: 'linear', reference: 128, warmupEpochs: 0 },
      batchSize: 128,
      epochs: 200,
    },
  },
  'nnclr-cifar10-paper': {
    source: "Dwibedi et al. 2021 for loss, heads and temperature; solo-learn's CIFAR-10 settings for optimiser, queue and schedule",
    settings: {
      name: 'nnclr-cifar10-paper',
      seed: 1,
      data: { name: 'cifar-10' },
      views: 'simclrCifar',
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
      learningRate: { base: 0.4, scale: 'linear', warmupEpochs: 10 },
      batchSize: 256,
      epochs: 1000,
    },
  },
} as const satisfies Record<string, Recipe>;
