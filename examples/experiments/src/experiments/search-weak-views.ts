/** The search behind `weak-views`: both methods where views differ little, on training images that are set aside. */
import { mildCrops } from '../budgets.js';
import type { Experiment } from '../experiment.js';
import { type Budget, type Change, type Scale, type Variant, variant } from '../variant.js';
import { smallLonger } from './longer.js';

const budget: Partial<Budget> = { ...smallLonger, epochs: 5, monitor: { everyEpochs: 1, images: 5000 } };

/** A row for each method: its name, and what it changes. */
const changes: Readonly<Record<'simclr' | 'nnclr', Readonly<Record<string, Change>>>> = {
  simclr: {
    't-0.2': {},
    't-0.1': { method: { temperature: 0.1 } },
    't-0.05': { method: { temperature: 0.05 } },
    't-0.5': { method: { temperature: 0.5 } },
  },
  nnclr: {
    paper: {},
    // the same networks and loss without neighbours: what they do, and what the second head does
    'no-neighbors': { method: { share: 0 } },
    't-0.2': { method: { temperature: 0.2 } },
    't-0.05': { method: { temperature: 0.05 } },
  },
};

export const searchWeakViews: Experiment = {
  title: 'The search behind weak views',
  question: 'What five epochs of mild crops alone give, each axis alone; measured on a tenth of the training images, which are set aside.',
  variants: (scale: Scale): readonly Variant[] =>
    (['fashion-mnist', 'mnist', 'cifar-10'] as const).flatMap((data) =>
      (['simclr', 'nnclr'] as const).flatMap((method) =>
        Object.entries(changes[method]).map(([label, change]) => variant(scale, data, method, { views: mildCrops, ...change, label: `mild-${label}`, budget: { ...budget, ...change.budget } })),
      ),
    ),
  seeds: [1],
  measure: 'search',
  heldOut: 0.1,
};
