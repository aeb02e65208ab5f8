/** How large the support set is, and how its neighbours are used. */
import type { Experiment } from '../experiment.js';
import { type Scale, variant } from '../variant.js';

const sizes = { small: [512, 2048, 32_768], full: [1024, 16_384, 65_536] } as const satisfies Record<Scale, readonly number[]>;
const answers = {
  'top-5': { kind: 'top-k', k: 5 },
  'soft-16': { kind: 'soft', k: 16, temperature: 0.1 },
} as const;

export const supportSetSize: Experiment = {
  title: 'The support set: its size, and what a look-up answers',
  question: 'Dwibedi et al. 2021, section 4.4: a larger support set is better (98,304 the largest tried), and the nearest neighbour alone is as good as several.',
  variants: (scale) => [
    variant(scale, 'cifar-10', 'nnclr'),
    ...sizes[scale].map((capacity) => variant(scale, 'cifar-10', 'nnclr', { label: `${capacity}-rows`, method: { supportSet: { capacity, initial: 'random' } } })),
    ...Object.entries(answers).map(([label, neighbors]) => variant(scale, 'cifar-10', 'nnclr', { label, method: { neighbors } })),
  ],
  seeds: [1, 2, 3],
  measure: 'probes',
};
