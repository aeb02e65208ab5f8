/** What the page's script is given: the numbers that it draws. */
import type { Clock, Points } from './curves.js';

/** A chart over steps with one line per run. */
export interface CurveChart {
  /** The `data-chart` of its element. */
  readonly id: string;
  readonly title: string;
  /** Shares are shown as percent. */
  readonly unit: 'share' | 'number';
  /** Whether smoothing applies. */
  readonly noisy: boolean;
  readonly series: readonly { readonly run: number; readonly points: Points; readonly means?: Points }[];
}

/** A map of one run. */
export interface MapChart {
  readonly id: string;
  readonly run: number;
  /** The class name of its sheet: `sheet-0`. */
  readonly sheet: string;
  readonly columns: number;
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly sampleIds: readonly number[];
  readonly labels?: readonly number[];
  readonly classes: readonly string[];
  readonly neighbors?: readonly (readonly number[])[];
  /** The image that is open initially. */
  readonly open: number;
}

/** A chart of values over their place. */
export interface ProfileChart {
  readonly id: string;
  readonly title: string;
  readonly horizontal: string;
  readonly vertical: string;
  readonly logarithmic: boolean;
  readonly series: readonly { readonly run: number; readonly values: readonly number[] }[];
}

/** Two histograms over −1..1, as shares of their pairs. */
export interface HistogramChart {
  readonly id: string;
  readonly title: string;
  readonly positives: readonly number[];
  readonly negatives: readonly number[];
}

/** All of it. */
export interface PageData {
  readonly runs: readonly string[];
  readonly clocks: readonly Clock[];
  readonly curves: readonly CurveChart[];
  readonly maps: readonly MapChart[];
  readonly profiles: readonly ProfileChart[];
  readonly histograms: readonly HistogramChart[];
}
