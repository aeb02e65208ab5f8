/** Embeddings in the plane, an image under each point. */
import { html } from '../html.js';
import { chart, type PageContext, runName, type Section } from '../page-context.js';
import type { MapChart } from '../page-data.js';
import { rounded } from '../format.js';

export const map: Section = {
  id: 'map',
  title: 'Embedding map',
  render(context) {
    const { runs } = context.data;
    const maps = mapCharts(context);
    if (maps.length === 0) return undefined;
    const labelled = maps.filter(({ labels }) => labels !== undefined);
    const used = new Set(labelled.flatMap(({ labels }) => labels!.filter((label) => label >= 0)));
    const classes = [...used].sort((a, b) => a - b);
    const names = labelled[0]?.classes ?? [];
    const captions = [...new Set(maps.map(({ run }) => runs[run]!.map!.caption))];
    return html`<p class="lead">Every point is an image; near points have similar embeddings. Hover over a point, or move with the arrow keys, to see its image; choose it to see its nearest neighbours.</p>${
      classes.length > 0 && html`<div class="toolbar" data-controls="map"><div class="chips" role="group" aria-label="Classes shown">${classes.map(
        (label) => html`<button type="button" class="chip" aria-pressed="true" data-class="${label}"><i class="dot class-${label % 10} shape-${Math.floor(label / 5) % 4}"></i>${names[label] ?? `class ${label}`}</button>`,
      )}</div><div class="chips"><button type="button" class="quiet" data-all="true">all</button><button type="button" class="quiet" data-all="false">none</button></div></div>`
    }<div class="maps maps-${Math.min(maps.length, 3)}"><div class="planes">${maps.map(({ id, run }) =>
      chart(id, runs.length > 1 ? runName(runs, run) : '', `Map of the embeddings of ${runs[run]!.name}`, 'plane'),
    )}</div><aside class="card" data-card aria-live="polite" aria-label="The chosen image"></aside></div><p class="note">${captions.join('; ')}.${maps[0]!.labels === undefined && ' The images have no classes: points are of one colour.'}</p>`;
  },
};

/** A map for every run that has one. */
export function mapCharts({ data: { runs, sheets }, sheet }: PageContext): MapChart[] {
  return runs.flatMap(({ map: of }, run) => {
    if (of === undefined || of.x.length === 0 || sheets?.[of.sheet] === undefined) return [];
    const { className, sheet: { columns } } = sheet(of.sheet);
    return {
      id: `map:${run}`,
      run,
      sheet: className,
      columns,
      x: of.x.map((value) => rounded(value, 4)),
      y: of.y.map((value) => rounded(value, 4)),
      sampleIds: of.sampleIds,
      ...(of.labels && { labels: of.labels }),
      classes: of.classes ?? [],
      ...(of.neighbors && { neighbors: of.neighbors }),
      open: of.chosen?.[0] ?? 0,
    };
  });
}
