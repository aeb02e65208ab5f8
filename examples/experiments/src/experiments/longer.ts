/** SimCLR and NNCLR over more epochs: where neighbours begin to help, with all augmentations and with crops alone. */
import { ntXentWithoutHead } from '../budgets.js';
import type { Experiment } from '../experiment.js';
import { type Budget, type Change, type Scale, type Variant, variant } from '../variant.js';

/** Half the quick start's width, 4.9 million multiply-adds an image of 32x32, so that two cores see it twenty times. */
const small: Partial<Budget> = {
  encoder: { name: 'small-resnet', stem: { channels: 16, kernel: 3, stride: 2 }, widths: [32, 128], blocks: [1, 1], strides: [2, 2] },
  learningRate: { base: 0.1, scale: 'none', warmupEpochs: 1 },
  monitor: { everyEpochs: 1, images: 10_000 },
  precision: 'auto',
  batchSize: 128,
  epochs: 20,
};

const half = { ...ntXentWithoutHead, share: 0.5 };
const rows: readonly (readonly [method: 'simclr' | 'nnclr', Change])[] = [
  ['simclr', { label: 'longer' }],
  ['nnclr', { label: 'longer' }],
  ['nnclr', { label: 'longer-half', method: half }],
  ['simclr', { label: 'longer-crops', views: 'cropOnly' }],
  ['nnclr', { label: 'longer-crops', views: 'cropOnly' }],
  ['nnclr', { label: 'longer-half-crops', views: 'cropOnly', method: half }],
];

const variants = (scale: Scale): readonly Variant[] =>
  rows.map(([method, change]) => variant(scale, 'cifar-10', method, { ...change, ...(scale === 'small' && { budget: small }) }));

export const longer: Experiment = {
  title: 'SimCLR against NNCLR over twenty epochs',
  question: 'Dwibedi et al. 2021, sections 4.2 and 4.3: NNCLR is ahead after many epochs, and by far where crops are the only augmentation. Does it draw level as its neighbours become those of the class?',
  variants,
  seeds: [1],
  measure: 'probes',
};

export const longerFewLabels: Experiment = {
  title: 'The encoders of twenty epochs with few labels',
  question: 'Dwibedi et al. 2021, table 2: with 1 % and 10 % of the labels NNCLR is ahead of SimCLR. Linear probe and fine-tuning.',
  variants,
  seeds: [1],
  measure: 'few-labels',
};

export const longerTransfer: Experiment = {
  title: 'The encoders of twenty epochs on other data sets',
  question: 'Dwibedi et al. 2021, table 3: NNCLR is best of the self-supervised encoders on 8 of 12 data sets. Do its features travel here?',
  variants,
  seeds: [1],
  measure: 'transfer',
};
