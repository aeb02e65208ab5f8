/** The quick start in float32 and in bfloat16. */
import type { Experiment } from '../experiment.js';
import { quickStart } from './quick-start.js';

const twoEpochs = { learningRate: { base: 0.1, scale: 'none', warmupEpochs: 0.2 }, monitor: { everyEpochs: 0.5, images: 5000 }, epochs: 2 } as const;
const precisions = ['float32', 'bfloat16'] as const;

export const precision: Experiment = {
  title: 'float32 against bfloat16',
  question: 'Are encoders that were trained with convolutions and linear layers in bfloat16 as good? The quick start over two epochs, both methods.',
  variants: (scale) => quickStart.variants(scale).flatMap(({ label, settings }) => precisions.map((each) => ({ label: `${label}-${each}`, settings: { ...settings, ...twoEpochs, precision: each } }))),
  seeds: [1, 2, 3],
  measure: 'probes',
};
