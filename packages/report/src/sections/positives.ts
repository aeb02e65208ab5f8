/** What the support set gave as positives, early and late. */
import { number } from '../format.js';
import { type Html, html } from '../html.js';
import { byRun, chart, type PageContext, type Section } from '../page-context.js';
import type { CurveChart } from '../page-data.js';
import type { PositiveStep, Positives } from '../report-data.js';
import { chartsOf } from './curves.js';
import { legend, marked } from './neighbors.js';

export const positives: Section = {
  id: 'positives',
  title: 'Positives from the support set',
  render(context) {
    const { runs } = context.data;
    const parts = runs.flatMap(({ positives: of }, run) => (of === undefined || of.shown.length === 0 ? [] : [{ runs: [run], content: steps(context, of) }]));
    if (parts.length === 0) return undefined;
    const courses = courseCharts(context);
    const measured = chartsOf(context, 'supportSet');
    return html`<p class="lead">An image of the step, and the stored image whose embedding was nearest to one of its views: what the method took as the positive.</p>${byRun(context, 'positives', parts)}${measured}${courses.length > 0 && html`<div class="charts">${courses.map(({ id, title }) => chart(id, title, `${title}, over training`))}</div>`}`;
  },
};

const steps = (context: PageContext, { shown }: Positives): Html => html`<div class="moments">${shown.map((step) => moment(context, step))}</div><p class="note">${legend} Similarity is the cosine of the embeddings.</p>`;

function moment(context: PageContext, { step, epoch, pairs }: PositiveStep): Html {
  return html`<section class="moment"><h3>Step ${number(step)} <small>epoch ${epoch + 1}</small></h3><div class="pairs">${pairs.map(
    ({ sample, positive, similarity, sameClass }) =>
      html`<div class="pair">${context.picture(sample)}<span class="arrow" aria-hidden="true">→</span>${
        positive === undefined ? html`<span class="tile random" role="img" aria-label="a random row" title="a random row of the set's start"></span>` : marked(context, positive, sameClass)
      }<small>${similarity.toFixed(2).replace('-', '−')}</small></div>`,
  )}</div></section>`;
}

/** How positives changed, by the pairs on record; left out where the support set tells it of whole batches. */
export function courseCharts({ data: { runs }, curves }: PageContext): CurveChart[] {
  const measures = [
    ['sameClass', "Positives of the image's class", 'share', 'neighborPurity'],
    ['similarity', 'Similarity to the positive', 'number', 'neighborSimilarity'],
    ['random', 'Positives that are random rows', 'share', 'randomNeighbors'],
  ] as const;
  const told = new Set(curves.flatMap((of) => of.map(({ name }) => name)));
  return measures.flatMap(([name, title, unit, better]) => {
    if (told.has(better)) return [];
    const series = runs.flatMap(({ positives: of }, run) => {
      const there = (of?.course ?? []).filter((line) => line[name] !== undefined);
      if (there.length < 2) return [];
      return [{ run, points: { steps: there.map(({ step }) => step), values: there.map((line) => line[name]!) } }];
    });
    const flat = name === 'random' && series.every(({ points }) => points.values.every((value) => value === 0));
    return series.length === 0 || flat ? [] : [{ id: `positives:${name}`, title, unit, noisy: false, series }];
  });
}
