/** What an experiment is: rows that are trained alike, and what to look at. */
import type { Scale, Variant } from './variant.js';

/** One question, its rows, and how many times each is trained. */
export interface Experiment {
  readonly title: string;
  /** What a paper claims, or what is asked. */
  readonly question: string;
  readonly variants: (scale: Scale) => readonly Variant[];
  readonly seeds: readonly number[];
  /** How the trained encoders are measured. */
  readonly measure: 'probes' | 'few-labels' | 'transfer';
}
