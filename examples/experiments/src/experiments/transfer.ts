/** Encoders of one data set on the other. */
import type { Experiment } from '../experiment.js';
import { variant } from '../variant.js';

export const transfer: Experiment = {
  title: 'Transfer: CIFAR-10 to Fashion-MNIST and back',
  question: 'Dwibedi et al. 2021, table 3: NNCLR is best of the self-supervised encoders on 8 of 12 data sets. Do its features travel here?',
  variants: (scale) => (['cifar-10', 'fashion-mnist'] as const).flatMap((data) => (['simclr', 'nnclr'] as const).map((method) => variant(scale, data, method))),
  seeds: [1, 2, 3],
  measure: 'transfer',
};
