/** SimCLR and NNCLR over more epochs: where neighbours begin to help. */
import type { Experiment } from '../experiment.js';
import { type Budget, type Change, type Scale, type Variant, variant } from '../variant.js';

/** A quarter of the quick start's width, 4.9 million multiply-adds an image of 32x32, so that two cores see it forty times. */
const small: Partial<Budget> = {
  encoder: { name: 'small-resnet', stem: { channels: 16, kernel: 3, stride: 2 }, widths: [32, 128], blocks: [1, 1], strides: [2, 2] },
  learningRate: { base: 0.1, scale: 'none', warmupEpochs: 1 },
  monitor: { everyEpochs: 2, images: 10_000 },
  precision: 'auto',
  batchSize: 128,
  epochs: 40,
};

const rows: readonly (readonly ['simclr' | 'nnclr', Change])[] = [
  ['simclr', {}],
  ['nnclr', {}],
  ['nnclr', { label: 'half', method: { variant: 'lightly', prediction: 'none', temperature: 0.2, share: 0.5 } }],
];

export const longer: Experiment = {
  title: 'SimCLR against NNCLR over forty epochs',
  question: 'Dwibedi et al. 2021, section 4.2: NNCLR is ahead after many epochs. Does it draw level as its neighbours become those of the class?',
  variants: (scale: Scale): readonly Variant[] =>
    rows.map(([method, { label, ...change }]) => variant(scale, 'cifar-10', method, { ...change, label: ['longer', ...(label === undefined ? [] : [label])].join('-'), ...(scale === 'small' && { budget: small }) })),
  seeds: [1],
  measure: 'probes',
};
