/** InfoNCE against triplet margin with each miner. */
import type { Experiment } from '../experiment.js';
import { type Scale, variant, type Variant } from '../variant.js';

/** What a row changes in the method, by the row's label. */
const rows = {
  all: { mining: 'all' },
  hardest: { mining: 'hardest' },
  'semi-hard': { mining: 'semi-hard' },
  'hard-negatives': { mining: 'semi-hard', hardNegatives: { capacity: 8192, initial: 'random', k: 16 } },
  'labels-all': { mining: 'all', labels: true },
  'labels-hardest': { mining: 'hardest', labels: true },
  'labels-semi-hard': { mining: 'semi-hard', labels: true },
  'labels-easy-positive': { mining: 'easy-positive', labels: true },
} as const;

const triplets = (scale: Scale): Variant[] => Object.entries(rows).map(([label, method]) => variant(scale, 'cifar-10', 'triplet', { label, method }));

export const tripletMiners: Experiment = {
  title: 'InfoNCE against triplet margin with each miner',
  question:
    'Chen et al. 2020, SimCLR, table 4: NT-Xent 63.9, triplet margin with semi-hard mining 57.5, without 50.9. Rows "labels" take all of a class as positives; without labels an anchor has one, and easy-positive is semi-hard.',
  variants: (scale) => [
    variant(scale, 'cifar-10', 'simclr'),
    variant(scale, 'cifar-10', 'supcon'),
    ...triplets(scale),
  ],
  seeds: [1],
  measure: 'probes',
};
