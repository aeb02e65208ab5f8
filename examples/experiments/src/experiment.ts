/** What an experiment is: rows that are trained alike, and what to look at. */
import type { Scale, Variant } from './variant.js';

export type { Scale };

/** How trained encoders are measured: on frozen features, the same in less time for a search, with few labels, or on the other data set. */
export type Measure = 'probes' | 'search' | 'few-labels' | 'transfer';

/** One question, its rows, and how many times each is trained. */
export interface Experiment {
  readonly title: string;
  /** What a paper claims, or what is asked. */
  readonly question: string;
  readonly variants: (scale: Scale) => readonly Variant[];
  readonly seeds: readonly number[];
  readonly measure: Measure;
  /** The share of the training images that is set aside and measured on, for a search: the test images are then not touched. Default: none. */
  readonly heldOut?: number;
}
