/** InfoNCE against triplet margin with each miner. */
import type { Experiment } from '../experiment.js';
import { variant } from '../variant.js';

const miners = ['all', 'hardest', 'semi-hard', 'easy-positive'] as const;

export const tripletMiners: Experiment = {
  title: 'InfoNCE against triplet margin with each miner',
  question: 'Chen et al. 2020, SimCLR, table 4: NT-Xent 63.9, triplet margin with semi-hard mining 57.5, without 50.9.',
  variants: (scale) => [
    variant(scale, 'cifar-10', 'simclr'),
    ...miners.map((mining) => variant(scale, 'cifar-10', 'triplet', { label: mining, method: { mining } })),
  ],
  seeds: [1],
  measure: 'probes',
};
