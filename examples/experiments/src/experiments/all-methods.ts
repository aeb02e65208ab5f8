/** Every method in one table. */
import { PretrainSettings } from '@kindred/runs';
import type { Experiment } from '../experiment.js';
import { type MethodName, variant } from '../variant.js';

const names = PretrainSettings.shape.method.options.map((option) => option.shape.name.value as MethodName);

export const allMethods: Experiment = {
  title: 'All methods at the small budget',
  question: 'How the methods compare where all train for one epoch with the same encoder, optimiser and views. Such a budget favours methods that learn fast, and none is tuned: this is no ranking.',
  variants: (scale) => names.map((name) => variant(scale, 'cifar-10', name)),
  seeds: [1],
  measure: 'probes',
};
