/** The search behind `longer`: each axis of both methods alone, over ten epochs, on training images that are set aside. */
import { ntXentWithoutHead } from '../budgets.js';
import type { Experiment } from '../experiment.js';
import { type Budget, type Change, type Scale, type Variant, variant } from '../variant.js';
import { smallLonger } from './longer.js';
import { weakAndStrong } from './search-quick-start.js';

const budget: Partial<Budget> = { ...smallLonger, epochs: 10, monitor: { everyEpochs: 1, images: 5000 } };
const half = { ...ntXentWithoutHead, share: 0.5 };
const features = { lookUp: 'features' } as const;

/** A row for each method: its name, and what it changes. */
const changes: Readonly<Record<'simclr' | 'nnclr', Readonly<Record<string, Change>>>> = {
  simclr: {
    't-0.2': {},
    'weak-strong': { views: weakAndStrong },
  },
  nnclr: {
    paper: {},
    'paper-features': { method: features },
    half: { method: half },
    'half-features': { method: { ...half, ...features } },
    'half-weak': { views: weakAndStrong, method: half },
  },
};

export const searchLonger: Experiment = {
  title: 'The search behind twenty epochs',
  question: 'What ten epochs on CIFAR-10 give, each axis alone; measured on a tenth of the training images, which are set aside.',
  variants: (scale: Scale): readonly Variant[] =>
    (['simclr', 'nnclr'] as const).flatMap((method) =>
      Object.entries(changes[method]).map(([label, change]) => variant(scale, 'cifar-10', method, { ...change, label: `ten-${label}`, budget: { ...budget, ...change.budget } })),
    ),
  seeds: [1],
  measure: 'search',
  heldOut: 0.1,
};
