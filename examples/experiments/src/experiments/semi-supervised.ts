/** What the encoders are worth with 1 % and 10 % of the labels. */
import type { Experiment } from '../experiment.js';
import { variant } from '../variant.js';

export const semiSupervised: Experiment = {
  title: 'Semi-supervised: 1 % and 10 % of the labels',
  question: 'Dwibedi et al. 2021, table 2: fine-tuned on 1 % of ImageNet NNCLR reaches 56.4, SimCLR 48.3, an encoder from labels alone 25.4.',
  variants: (scale) => (['simclr', 'nnclr'] as const).map((method) => variant(scale, 'cifar-10', method)),
  seeds: [1, 2, 3],
  measure: 'few-labels',
};
