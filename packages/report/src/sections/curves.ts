/** Curves over training, the runs overlaid. */
import { words } from '../format.js';
import { html } from '../html.js';
import { chart, type PageContext, runName, type Section } from '../page-context.js';
import type { CurveChart } from '../page-data.js';

/** Titles that words alone do not give; the order is that of the page. Others follow. */
const titles: Readonly<Record<string, string>> = {
  'metrics.loss': 'Loss',
  'monitor.knn': 'kNN accuracy, held-out training images',
  'metrics.learningRate': 'Learning rate',
  'metrics.imagesPerSecond': 'Images a second',
  'metrics.waiting': 'Waiting for images, share of the time',
  'monitor.deviation': 'Deviation of a dimension (1: spread evenly)',
  'monitor.effectiveRank': 'Effective rank',
  'monitor.participationRatio': 'Participation ratio, dimensions in use',
  'monitor.alignment': 'Alignment (0: views of an image coincide)',
  'monitor.uniformity': 'Uniformity (lower: more even)',
};
const order = Object.keys(titles);
/** Of these every step is as meant: there is no noise to smooth. */
const exact = new Set(['metrics.learningRate']);
const asShares = new Set(['monitor.knn', 'metrics.waiting']);

export const curves: Section = {
  id: 'curves',
  title: 'Training',
  render(context) {
    const all = curveCharts(context);
    if (all.length === 0) return undefined;
    const { runs } = context.data;
    const measured = runs.some(({ monitor = [] }) => monitor.length > 0);
    return html`<div class="toolbar" data-controls="curves"><div class="chips" role="group" aria-label="Runs shown">${runs.map(
      (_, run) => html`<button type="button" class="chip" aria-pressed="true" data-run="${run}">${runName(runs, run)}</button>`,
    )}</div><label class="control">Smoothing <input type="range" min="0" max="0.98" step="0.02" value="0.6" data-smoothing><output>0.60</output></label><label class="control">Over <select data-axis><option value="steps">steps</option><option value="epochs">epochs</option>${
      runs.every(({ metrics }) => metrics.length > 0) && html`<option value="hours">hours of training</option>`
    }</select></label></div><div class="charts">${all.map(({ id, title }) => chart(id, title, `${title} over training: ${runs.map(({ name }) => name).join(', ')}`))}</div><p class="note">A curve of more than 500 steps is drawn by 500 of them, chosen by largest-triangle-three-buckets, which keeps peaks; smoothing (an exponential moving average) is of means over equally many steps.${!measured && html` kNN over time appears where the run's settings have <code>monitor</code>.`}</p>`;
  },
};

/** A chart for every measure that a run has. */
export function curveCharts({ curves: ofRuns }: PageContext): CurveChart[] {
  const names = [...new Set(ofRuns.flatMap((of) => of.filter(({ points }) => points.steps.length > 0).map(({ from, name }) => `${from}.${name}`)))];
  const place = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length);
  return names
    .sort((a, b) => place(a) - place(b))
    .map((key) => ({
      id: `curve:${key}`,
      title: titles[key] ?? words(key.slice(key.indexOf('.') + 1)),
      unit: asShares.has(key) ? 'share' : 'number',
      noisy: key.startsWith('metrics.') && !exact.has(key),
      series: ofRuns.flatMap((of, run) =>
        of.filter(({ from, name }) => `${from}.${name}` === key).map(({ points, means }) => ({ run, points, ...(means && { means }) })),
      ),
    }));
}
