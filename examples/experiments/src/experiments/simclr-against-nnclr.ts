/** SimCLR against NNCLR under the same budget. */
import type { Experiment } from '../experiment.js';
import { variant } from '../variant.js';

export const simclrAgainstNnclr: Experiment = {
  title: 'SimCLR against NNCLR, same budget',
  question: 'Dwibedi et al. 2021, table 1: NNCLR is 3.7 points above SimCLR v2 on ImageNet with 1,000 epochs. Under a small budget?',
  variants: (scale) => (['cifar-10', 'fashion-mnist'] as const).flatMap((data) => (['simclr', 'nnclr'] as const).map((method) => variant(scale, data, method))),
  seeds: [1, 2, 3],
  measure: 'probes',
};
