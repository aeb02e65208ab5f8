/** Images and the views that a run trains on. */
import { type Html, html } from '../html.js';
import { byRun, type PageContext, type Section } from '../page-context.js';
import type { ViewSample } from '../report-data.js';
import { valueAt } from '../settings-table.js';

export const views: Section = {
  id: 'views',
  title: 'Augmentations',
  render(context) {
    const { runs } = context.data;
    // runs of the same views and data show them once
    const alike = new Map<string, number[]>();
    runs.forEach(({ settings, views: of }, run) => {
      if (of === undefined || of.length === 0) return;
      const key = JSON.stringify(['views', 'viewSize', 'data'].map((name) => valueAt(settings, name)));
      alike.set(key, [...(alike.get(key) ?? []), run]);
    });
    if (alike.size === 0) return undefined;
    const parts = [...alike.values()].map((members) => ({ runs: members, content: grid(context, runs[members[0]!]!.views!) }));
    return html`<p class="lead">Training images, on the left as they are, and views of them as the run draws them.</p>${byRun(context, 'views', parts)}`;
  },
};

const grid = (context: PageContext, samples: readonly ViewSample[]): Html => html`<div class="gallery">${samples.map(
  ({ original, views: drawn }) => html`<div class="row"><div class="query">${context.picture(original)}</div><div class="found">${drawn.map((view) => context.picture(view))}</div></div>`,
)}</div>`;
