/** Curves over training, the runs overlaid. */
import { type CurveGroup, curveName, inOrder } from '../curve-names.js';
import { type Html, html } from '../html.js';
import { chart, type PageContext, runName, type Section } from '../page-context.js';
import type { CurveChart } from '../page-data.js';

export const curves: Section = {
  id: 'curves',
  title: 'Training',
  render(context) {
    if (curveCharts(context).length === 0) return undefined;
    const { runs } = context.data;
    const measured = runs.some(({ monitor = [] }) => monitor.length > 0);
    const hours = runs.every(({ metrics }) => metrics.length > 0);
    // next to the images of the positives, if there are any
    const elsewhere = runs.some(({ positives }) => (positives?.shown.length ?? 0) > 0);
    return html`<div class="toolbar" data-controls="curves"><div class="chips" role="group" aria-label="Runs shown">${runs.map(
      (_, run) => html`<button type="button" class="chip" aria-pressed="true" data-run="${run}">${runName(runs, run)}</button>`,
    )}</div><label class="control">Smoothing <input type="range" min="0" max="0.98" step="0.02" value="0.6" data-smoothing><output>0.60</output></label><label class="control">Over <select data-axis><option value="steps">steps</option><option value="epochs">epochs</option>${
      hours && html`<option value="hours">hours of training</option>`
    }</select></label></div>${chartsOf(context, 'main')}${titled('Representation', chartsOf(context, 'representation'))}${!elsewhere && titled('Support set', chartsOf(context, 'supportSet'))}${titled("The method's own numbers", chartsOf(context, 'other'))}<p class="note">A curve of more than 500 steps is drawn by 500 of them, chosen by largest-triangle-three-buckets, which keeps peaks; smoothing, an exponential moving average, is of means over equally many steps.${!measured && html` kNN over time appears where the run's settings have <code>monitor</code>.`}</p>`;
  },
};

const titled = (title: string, content: Html | undefined): Html | undefined => content && html`<h3>${title}</h3>${content}`;

/** The charts of a group, if it has any. */
export function chartsOf(context: PageContext, group: CurveGroup): Html | undefined {
  const names = context.data.runs.map(({ name }) => name).join(', ');
  const charts = curveCharts(context).filter(({ key }) => curveName(key).group === group);
  return charts.length === 0 ? undefined : html`<div class="charts ${group}">${charts.map(({ id, title }) => chart(id, title, `${title}, over training: ${names}`))}</div>`;
}

/** A chart for every measure that a run has. */
export function curveCharts({ curves: ofRuns }: PageContext): (CurveChart & { readonly key: string })[] {
  const keys = [...new Set(ofRuns.flatMap((of) => of.filter(({ points }) => points.steps.length > 0).map(({ from, name }) => `${from}.${name}`)))];
  return keys.sort(inOrder).map((key) => {
    const { title, share, noisy } = curveName(key);
    const series = ofRuns.flatMap((of, run) =>
      of.filter(({ from, name }) => `${from}.${name}` === key).map(({ points, means }) => ({ run, points, ...(means && { means }) })),
    );
    return { key, id: `curve:${key}`, title, unit: share ? 'share' : 'number', noisy, series };
  });
}
