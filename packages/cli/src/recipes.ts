/** Recipes: complete settings of runs, each with its source. Nobody types these numbers again. */
import type * as z from 'zod';
import type { PretrainSettings } from './settings/pretrain-settings.js';

/** Settings and where they come from. */
export interface Recipe {
  /** Paper, code or measurement. */
  readonly source: string;
  readonly settings: z.input<typeof PretrainSettings>;
}

const resnet18 = { name: 'resnet', depth: 18, stem: 'cifar' } as const;

/** One row a recipe, every field in every row. Override with `--set`. */
export const recipes = {
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
