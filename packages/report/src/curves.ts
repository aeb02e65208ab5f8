/** Reduces metrics to curves with few points. */
import { LTTB } from 'downsample/methods/LTTB.js';
import { rounded } from './format.js';
import type { MetricRecord, MonitorRecord } from './report-data.js';

/** Points of a curve, in the order of steps. */
export interface Points {
  readonly steps: readonly number[];
  readonly values: readonly number[];
}

/** One measure of one run over its steps. */
export interface Curve {
  /** As in the record: `loss`, `nearestSimilarity`, `knn`. */
  readonly name: string;
  /** Measured at each step, or at intervals. */
  readonly from: 'metrics' | 'monitor';
  readonly points: Points;
  /** Means over equally many steps each, if `points` leaves steps out: the basis of a smoothed curve. */
  readonly means?: Points;
}

/** The number of points that a curve keeps, and of means. 500 points are one for each pixel of a chart. */
const most = { points: 500, means: 250 } as const;

/**
 * The curves of a run. A curve of more than 500 steps is reduced to 500 points by largest-triangle-three-buckets, which
 * keeps peaks, and to 250 means of equally many steps, which keep the level. Values that are not finite are left out.
 *
 * @example
 * const step = { epoch: 0, learningRate: 0.1, samplesPerSecond: 900, waiting: 0, diagnostics: {} };
 * curvesOf([{ ...step, step: 1, loss: 5 }, { ...step, step: 2, loss: 4 }])[0]!.points; // => { steps: [1, 2], values: [5, 4] }
 *
 * @see Steinarsson 2013, "Downsampling time series for visual representation"
 */
export function curvesOf(metrics: readonly MetricRecord[], monitor: readonly MonitorRecord[] = []): Curve[] {
  const perStep = metrics.map(({ step, loss, learningRate, samplesPerSecond, waiting, diagnostics }) => ({
    step,
    values: { loss, learningRate, samplesPerSecond, waiting, ...diagnostics },
  }));
  return [...curves('metrics', perStep), ...curves('monitor', monitor)];
}

function curves(from: Curve['from'], lines: readonly { readonly step: number; readonly values: Readonly<Record<string, number>> }[]): Curve[] {
  const all = new Map<string, [step: number, value: number][]>();
  for (const { step, values } of lines) {
    for (const [name, value] of Object.entries(values)) {
      // JSON stores NaN and infinities as null
      if (!Number.isFinite(value)) continue;
      const list = all.get(name);
      if (list === undefined) all.set(name, [[step, value]]);
      else list.push([step, value]);
    }
  }
  return [...all].map(([name, pairs]) => {
    if (pairs.length <= most.points) return { name, from, points: pointsOf(pairs) };
    return { name, from, points: pointsOf(LTTB(pairs, most.points) as [number, number][]), means: pointsOf(meansOf(pairs, most.means)) };
  });
}

const pointsOf = (pairs: readonly (readonly [number, number])[]): Points => ({
  steps: pairs.map(([step]) => step),
  values: pairs.map(([, value]) => rounded(value)),
});

function meansOf(pairs: readonly (readonly [number, number])[], count: number): [number, number][] {
  return Array.from({ length: count }, (_, i) => {
    const [start, end] = [Math.floor((i * pairs.length) / count), Math.floor(((i + 1) * pairs.length) / count)];
    let [steps, values] = [0, 0];
    for (let at = start; at < end; at++) {
      steps += pairs[at]![0];
      values += pairs[at]![1];
    }
    return [Math.round(steps / (end - start)), values / (end - start)];
  });
}

/** Converts steps to epochs and hours of training, at up to 100 of a run's steps. */
export interface Clock {
  readonly steps: readonly number[];
  /** Epochs done, with parts of one. */
  readonly epochs: readonly number[];
  /** Hours of training until then, by the pace of every step; absent if the images per step are unknown. */
  readonly hours?: readonly number[];
}

/** The clock of a run. */
export function clockOf(metrics: readonly MetricRecord[], batchSize: number | undefined): Clock {
  const last = metrics.at(-1);
  if (last === undefined) return { steps: [], epochs: [] };
  // the steps of a whole epoch: the first one's if a second has begun, otherwise those so far
  const firstOfNext = metrics.find(({ epoch }) => epoch > 0);
  const perEpoch = firstOfNext === undefined ? last.step : (firstOfNext.step - 1) / firstOfNext.epoch;
  const every = Math.max(1, Math.ceil(metrics.length / 100));
  const [steps, epochs, hours]: number[][] = [[0], [0], [0]];
  let elapsed = 0;
  metrics.forEach(({ step, samplesPerSecond }, i) => {
    if (batchSize !== undefined && samplesPerSecond > 0) elapsed += batchSize / samplesPerSecond;
    if ((i + 1) % every !== 0 && i !== metrics.length - 1) return;
    steps!.push(step);
    epochs!.push(rounded(step / perEpoch));
    hours!.push(rounded(elapsed / 3600));
  });
  return { steps: steps!, epochs: epochs!, ...(batchSize !== undefined && { hours: hours! }) };
}
