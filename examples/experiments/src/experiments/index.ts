/** The experiments by the name of their command. */
import type { Experiment } from '../experiment.js';
import { allMethods } from './all-methods.js';
import { augmentationClaim } from './augmentation-claim.js';
import { hundredEpochs, hundredEpochsFewLabels, hundredEpochsTransfer, longer, longerFewLabels, longerTransfer, longest, longestFewLabels, longestTransfer } from './longer.js';
import { precision } from './precision.js';
import { quickStart } from './quick-start.js';
import { searchLonger } from './search-longer.js';
import { searchQuickStart } from './search-quick-start.js';
import { searchWeakViews } from './search-weak-views.js';
import { semiSupervised } from './semi-supervised.js';
import { simclrAgainstNnclr } from './simclr-against-nnclr.js';
import { supportSetSize } from './support-set.js';
import { transfer } from './transfer.js';
import { tripletMiners } from './triplet-miners.js';
import { weakSupportSet, weakViews, weakViewsFewLabels, weakViewsTransfer } from './weak-views.js';

export type { Experiment };

export const experiments: Readonly<Record<string, Experiment>> = {
  'simclr-against-nnclr': simclrAgainstNnclr,
  'augmentation-claim': augmentationClaim,
  'support-set': supportSetSize,
  'semi-supervised': semiSupervised,
  transfer,
  'triplet-miners': tripletMiners,
  'all-methods': allMethods,
  longer,
  longest,
  'hundred-epochs': hundredEpochs,
  'search-longer': searchLonger,
  'search-weak-views': searchWeakViews,
  'weak-views': weakViews,
  'weak-support-set': weakSupportSet,
  'weak-views-few-labels': weakViewsFewLabels,
  'weak-views-transfer': weakViewsTransfer,
  'longer-few-labels': longerFewLabels,
  'longer-transfer': longerTransfer,
  'longest-few-labels': longestFewLabels,
  'longest-transfer': longestTransfer,
  'hundred-epochs-few-labels': hundredEpochsFewLabels,
  'hundred-epochs-transfer': hundredEpochsTransfer,
  precision,
  'quick-start': quickStart,
  'search-quick-start': searchQuickStart,
};
