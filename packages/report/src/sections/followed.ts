/** The neighbours of the same images early, midway and late: what a network comes to find alike. */
import { number, percent } from '../format.js';
import { type Html, html } from '../html.js';
import { byRun, type PageContext, type Section } from '../page-context.js';
import type { FollowedImages } from '../report-data.js';
import { legend, marked } from './neighbors.js';

export const followed: Section = {
  id: 'followed',
  title: 'Neighbours over time',
  render(context) {
    const parts = context.data.runs.flatMap(({ followed: of }, run) => (of === undefined ? [] : [{ runs: [run], content: table(context, of) }]));
    if (parts.length === 0) return undefined;
    return html`<p class="lead">Training images whose classes no vote knew, one of each class, and the images nearest to them by the cosine of the backbone's features, as training went on.</p>${byRun(context, 'followed', parts)}<p class="note">${legend} kNN is the accuracy on all images that were set aside, at that time.</p>`;
  },
};

function table(context: PageContext, { images, times }: FollowedImages): Html {
  const heads = times.map(({ step, epoch, knn, neighbors }) => {
    const known = neighbors.flat().flatMap(({ sameClass }) => sameClass ?? []);
    const right = known.length > 0 && html`<br>${known.filter((same) => same).length} of ${known.length} of the class`;
    return html`<th scope="col">${step === 0 ? 'Before training' : html`Step ${number(step)} <small>epoch ${epoch + 1}</small>`}${knn !== undefined && html`<br><b>kNN ${percent(knn)} %</b>`}<small>${right}</small></th>`;
  });
  const rows = images.map(
    (image, at) =>
      html`<tr><th scope="row">${context.picture(image)}</th>${times.map(
        ({ neighbors }) => html`<td><div class="found">${neighbors[at]!.map(({ picture, similarity, sameClass }) => marked(context, { ...picture, label: `${picture.label}, cosine ${similarity.toFixed(2).replace('-', '−')}` }, sameClass))}</div></td>`,
      )}</tr>`,
  );
  return html`<div class="scroll"><table class="followed"><thead><tr><th scope="col">Image</th>${heads}</tr></thead><tbody>${rows}</tbody></table></div>`;
}
