/** Both methods where views differ little, and NNCLR without its neighbours: what they add where augmentations say little. */
import { mildCrops } from '../budgets.js';
import type { Experiment } from '../experiment.js';
import { type Change, type DataName, type Scale, type Variant, variant } from '../variant.js';
import { smallLonger } from './longer.js';

/** SimCLR's best temperature of four in `search-weak-views`; NNCLR keeps the paper's. */
const temperatures = { 'fashion-mnist': 0.1, mnist: 0.2 } as const;

const row = (scale: Scale, data: DataName, method: 'simclr' | 'nnclr', label: string, own: Change['method'] = {}): Variant =>
  variant(scale, data, method, { label, views: mildCrops, method: own, ...(scale === 'small' && { budget: { ...smallLonger, epochs: 10 } }) });

export const weakViews: Experiment = {
  title: 'Where views differ little',
  question: 'Dwibedi et al. 2021, section 4.3: NNCLR relies less on augmentations. Mild crops alone: SimCLR, NNCLR, and NNCLR without neighbours (the same networks and loss, its positives the other view).',
  variants: (scale) =>
    (['fashion-mnist', 'mnist'] as const).flatMap((data) => [
      row(scale, data, 'simclr', 'weak', { temperature: temperatures[data] }),
      row(scale, data, 'nnclr', 'weak'),
      row(scale, data, 'nnclr', 'weak-no-neighbors', { share: 0 }),
    ]),
  seeds: [1, 2, 3],
  measure: 'probes',
};

export const weakSupportSet: Experiment = {
  title: "The support set's size where views differ little",
  question: 'Dwibedi et al. 2021, section 4.4: a larger support set is better (98,304 the largest tried). On Fashion-MNIST with mild crops alone, where neighbours help.',
  variants: (scale) => [
    row(scale, 'fashion-mnist', 'nnclr', 'weak'),
    ...[512, 2048, 32_768].map((capacity) => row(scale, 'fashion-mnist', 'nnclr', `weak-${capacity}-rows`, { supportSet: { capacity, initial: 'random' } })),
  ],
  seeds: [1],
  measure: 'probes',
};

export const weakViewsFewLabels: Experiment = { ...weakViews, title: 'Where views differ little, with few labels', question: 'Linear probe and fine-tuning with 1 % and 10 % of the labels.', measure: 'few-labels' };

export const weakViewsTransfer: Experiment = {
  ...weakViews,
  title: 'Where views differ little, on other data sets',
  question: 'Dwibedi et al. 2021, table 3: do the features of neighbours travel? From clothes and from digits to the other, to photographs and to emoji.',
  measure: 'transfer',
};
