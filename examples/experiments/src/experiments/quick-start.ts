/** What the quick start gives, over several seeds. */
import { recipes } from '@kindred/runs';
import type { Experiment } from '../experiment.js';
import type { Variant } from '../variant.js';

export const quickStart: Experiment = {
  title: 'The quick start over several seeds',
  question: 'How far do the figures of `npm start` depend on the seed?',
  variants: (): readonly Variant[] =>
    (['quick-start-simclr', 'quick-start-nnclr'] as const).map((recipe) => {
      const { name: _, seed: __, ...settings } = recipes[recipe].settings;
      return { label: `cifar-10-${recipe}`, settings };
    }),
  seeds: [1, 2, 3],
  measure: 'probes',
};
