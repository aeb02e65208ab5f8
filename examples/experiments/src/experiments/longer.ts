/** SimCLR and NNCLR over more epochs: where neighbours begin to help, with all augmentations and with crops alone. */
import { ntXentWithoutHead } from '../budgets.js';
import type { Experiment } from '../experiment.js';
import { type Budget, type Change, type DataName, type Scale, type Variant, variant } from '../variant.js';

/** Half the quick start's width, 4.9 million multiply-adds an image of 32x32, so that two cores see it twenty times. */
export const smallLonger: Partial<Budget> = {
  encoder: { name: 'small-resnet', stem: { channels: 16, kernel: 3, stride: 2 }, widths: [32, 128], blocks: [1, 1], strides: [2, 2] },
  learningRate: { base: 0.1, scale: 'none', warmupEpochs: 1 },
  monitor: { everyEpochs: 1, images: 10_000 },
  precision: 'auto',
  batchSize: 128,
  epochs: 20,
};

const half = { ...ntXentWithoutHead, share: 0.5 };
const rows: readonly (readonly [method: 'simclr' | 'nnclr', row: string, Change])[] = [
  ['simclr', '', {}],
  ['nnclr', '', {}],
  ['nnclr', 'half', { method: half }],
  ['simclr', 'crops', { views: 'cropOnly' }],
  ['nnclr', 'crops', { views: 'cropOnly' }],
  ['nnclr', 'half-crops', { views: 'cropOnly', method: half }],
];

/** The rows on a data set; those of the small scale over some epochs, in full over the recipes'. */
const over = (name: string, epochs: number, data: DataName, wanted: (views: Change['views']) => boolean = () => true) => (scale: Scale): readonly Variant[] =>
  rows
    .filter(([, , { views }]) => wanted(views))
    .map(([method, row, change]) =>
      variant(scale, data, method, { ...change, label: [name, row].filter(Boolean).join('-'), ...(scale === 'small' && { budget: { ...smallLonger, epochs } }) }),
    );

const twenty = over('longer', 20, 'cifar-10');
const sixty = over('longest', 60, 'cifar-10');
const hundred = over('hundred', 100, 'cifar-10', (views) => views === undefined);

export const longer: Experiment = {
  title: 'SimCLR against NNCLR over twenty epochs',
  question: 'Dwibedi et al. 2021, sections 4.2 and 4.3: NNCLR is ahead after many epochs, and by far where crops are the only augmentation. Does it draw level as its neighbours become those of the class?',
  // crops alone on CIFAR-10 only: the views of Fashion-MNIST are hardly more than crops
  variants: (scale) => [...twenty(scale), ...over('longer', 20, 'fashion-mnist', (views) => views === undefined)(scale)],
  seeds: [1],
  measure: 'probes',
};

export const longest: Experiment = {
  title: 'SimCLR against NNCLR over sixty epochs',
  question: 'The same three times as long: do the curves cross?',
  variants: sixty,
  seeds: [1],
  measure: 'probes',
};

export const hundredEpochs: Experiment = {
  title: 'SimCLR against NNCLR over a hundred epochs',
  question: 'All augmentations, five times as long as the first: who is ahead where neighbours have become purer?',
  variants: hundred,
  seeds: [1],
  measure: 'probes',
};

const fewLabels = {
  question: 'Dwibedi et al. 2021, table 2: with 1 % and 10 % of the labels NNCLR is ahead of SimCLR. Linear probe and fine-tuning.',
  seeds: [1],
  measure: 'few-labels',
} as const;

const transfer = {
  question: 'Dwibedi et al. 2021, table 3: NNCLR is best of the self-supervised encoders on 8 of 12 data sets. Do its features travel here?',
  seeds: [1],
  measure: 'transfer',
} as const;

export const longerFewLabels: Experiment = { title: 'The encoders of twenty epochs with few labels', variants: twenty, ...fewLabels };
export const longerTransfer: Experiment = { title: 'The encoders of twenty epochs on other data sets', variants: twenty, ...transfer };
export const longestFewLabels: Experiment = { title: 'The encoders of sixty epochs with few labels', variants: sixty, ...fewLabels };
export const longestTransfer: Experiment = { title: 'The encoders of sixty epochs on other data sets', variants: sixty, ...transfer };
export const hundredEpochsFewLabels: Experiment = { title: 'The encoders of a hundred epochs with few labels', variants: hundred, ...fewLabels };
export const hundredEpochsTransfer: Experiment = { title: 'The encoders of a hundred epochs on other data sets', variants: hundred, ...transfer };
