/** Whether embeddings use their dimensions. */
import { number, rounded, summary } from '../format.js';
import { html } from '../html.js';
import { chart, type PageContext, runName, type Section } from '../page-context.js';
import type { HistogramChart, ProfileChart } from '../page-data.js';

export const collapse: Section = {
  id: 'collapse',
  title: 'Collapse',
  render(context) {
    const { runs } = context.data;
    const there = runs.flatMap(({ collapse: of }, run) => (of === undefined ? [] : [{ run, of }]));
    if (there.length === 0) return undefined;
    return html`<p class="lead">An encoder that maps all images to one point, or into a few dimensions, has collapsed. These are the signs.</p><div class="scroll" tabindex="0" role="region" aria-label="Figures of collapse"><table class="compare"><thead><tr><th scope="col">Run</th><th scope="col">Effective rank<small>RankMe</small></th><th scope="col">Dimensions</th><th scope="col">Mean deviation<small>1: spread evenly, 0: collapsed</small></th><th scope="col">Least deviation</th></tr></thead><tbody>${there.map(
      ({ run, of: { effectiveRank, deviation } }) =>
        html`<tr><th scope="row">${runName(runs, run)}</th><td>${number(effectiveRank)}</td><td>${deviation.length}</td><td>${number(summary(deviation).mean)}</td><td>${number(Math.min(...deviation))}</td></tr>`,
    )}</tbody></table></div><div class="charts">${[...profileCharts(context), ...histogramCharts(context)].map(({ id, title }) => chart(id, title, title))}</div><p class="note">${there.map(({ of }) => of.caption).filter((caption, i, all) => all.indexOf(caption) === i).join('; ')}.${there.some(({ of }) => of.similarities) && ' Positive pairs are two views of an image, negative pairs views of two images.'}</p>`;
  },
};

/** Deviations and singular values, the runs overlaid. */
export function profileCharts({ data: { runs } }: PageContext): ProfileChart[] {
  const series = (values: (run: (typeof runs)[number]) => readonly number[] | undefined): ProfileChart['series'] =>
    runs.flatMap((each, run) => {
      const of = values(each);
      return of === undefined || of.length === 0 ? [] : [{ run, values: of.map((value) => rounded(value, 4)) }];
    });
  const charts: ProfileChart[] = [
    {
      id: 'profile:deviation',
      title: 'Deviation of each dimension, largest first',
      horizontal: 'dimension',
      vertical: 'deviation · √D',
      logarithmic: false,
      series: series(({ collapse: of }) => of && [...of.deviation].sort((a, b) => b - a)),
    },
    {
      id: 'profile:spectrum',
      title: 'Singular values about the mean, share of the largest',
      horizontal: 'rank',
      vertical: 'share, log scale',
      logarithmic: true,
      // anything below a millionth of the largest is rounding
      series: series(({ collapse: of }) => of?.singularValues.map((value) => value / of.singularValues[0]!).filter((share) => share > 1e-6)),
    },
  ];
  return charts.filter(({ series: of }) => of.length > 0);
}

/** Similarities of pairs, one chart per run. */
export function histogramCharts({ data: { runs } }: PageContext): HistogramChart[] {
  return runs.flatMap(({ name, collapse: of }, run) => {
    if (of?.similarities === undefined) return [];
    const share = (counts: readonly number[]): number[] => {
      const all = counts.reduce((sum, count) => sum + count, 0);
      return counts.map((count) => (all === 0 ? 0 : rounded(count / all, 4)));
    };
    const { positives, negatives } = of.similarities;
    const title = runs.length > 1 ? `Cosines of pairs, ${name}` : 'Cosines of pairs';
    return [{ id: `histogram:${run}`, title, positives: share(positives), negatives: share(negatives) }];
  });
}
