/** What is lost where crops are the only augmentation. */
import type { Experiment } from '../experiment.js';
import { variant } from '../variant.js';

export const augmentationClaim: Experiment = {
  title: 'Full augmentation against crops alone',
  question: 'Dwibedi et al. 2021, section 4.3: with crops alone SimCLR falls from 67.9 to 40.3 (Grill et al. 2020), NNCLR loses 2.1 % of its accuracy.',
  variants: (scale) =>
    (['simclr', 'nnclr'] as const).flatMap((method) => [
      variant(scale, 'cifar-10', method),
      variant(scale, 'cifar-10', method, { label: 'crops', views: 'cropOnly' }),
    ]),
  seeds: [1, 2, 3],
  measure: 'probes',
};
