/** The recipes of the quick start: 14 million multiply-adds a view of 28x28. */
import type { Recipe } from './recipe.js';

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
  monitor: { everyEpochs: 0.5, images: 5000 },
  precision: 'auto',
  batchSize: 128,
  epochs: 3,
} as const;

/** One row per recipe, every field in every row. */
export const quickStartRecipes = {
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
} as const satisfies Record<string, Recipe>;
