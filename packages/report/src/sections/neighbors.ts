/** Nearest neighbours of some images. */
import { percent } from '../format.js';
import { type Html, html } from '../html.js';
import { byRun, type PageContext, type Section } from '../page-context.js';
import type { EmbeddingMap, Picture } from '../report-data.js';

export const neighbors: Section = {
  id: 'neighbors',
  title: 'Nearest neighbours',
  render(context) {
    const parts = context.data.runs.flatMap(({ map }, run) =>
      map?.neighbors === undefined || (map.chosen ?? []).length === 0 ? [] : [{ runs: [run], content: gallery(context, map, map.neighbors) }],
    );
    if (parts.length === 0) return undefined;
    return html`<p class="lead">Test images, one of each class in turn, and the images of the map that are nearest to them by cosine.</p>${byRun(context, 'neighbors', parts)}`;
  },
};

function gallery(context: PageContext, map: EmbeddingMap, nearest: readonly (readonly number[])[]): Html {
  const { labels } = map;
  const known = (at: number): boolean => labels !== undefined && labels[at]! >= 0;
  const picture = (at: number): Picture => ({ sheet: map.sheet, tile: at, label: describe(map, at) });
  const rows = map.chosen!.map((at) => {
    const others = nearest[at] ?? [];
    const marks = others.map((other) => (known(at) && known(other) ? labels![at] === labels![other] : undefined));
    return html`<div class="row"><div class="query">${context.picture(picture(at))}<span><b>${className(map, at) ?? `image ${map.sampleIds[at]}`}</b>${marks.length > 0 && marks.every((mark) => mark !== undefined) && html`<small>${marks.filter((mark) => mark).length} of ${marks.length}</small>`}</span></div><div class="found">${others.map((other, i) =>
      marked(context, picture(other), marks[i]),
    )}</div></div>`;
  });
  const purity = labels === undefined ? undefined : purityOf(labels, nearest);
  return html`<div class="gallery">${rows}</div>${labels !== undefined && html`<p class="note">${legend}${purity !== undefined && html` Over all ${labels.length.toLocaleString('en')} images, ${percent(purity)} % of the neighbours are of the image's class.`}</p>`}`;
}

/** An image marked as right or wrong by frame and sign, not by colour alone. */
export function marked(context: PageContext, picture: Picture, same: boolean | undefined): Html {
  if (same === undefined) return context.picture(picture);
  const label = `${picture.label}: ${same ? 'same class' : 'another class'}`;
  return html`<span class="marked ${same ? 'same' : 'other'}">${context.picture({ ...picture, label })}<i aria-hidden="true">${same ? '✓' : '✕'}</i></span>`;
}

export const legend = html`<span class="key"><i class="sign same">✓</i> same class</span> <span class="key"><i class="sign other">✕</i> another class</span>.`;

const className = ({ labels, classes }: EmbeddingMap, at: number): string | undefined => {
  const label = labels?.[at];
  return label === undefined || label < 0 ? undefined : (classes?.[label] ?? `class ${label}`);
};

const describe = (map: EmbeddingMap, at: number): string => [className(map, at), `image ${map.sampleIds[at]}`].filter(Boolean).join(', ');

function purityOf(labels: readonly number[], nearest: readonly (readonly number[])[]): number | undefined {
  let [same, all] = [0, 0];
  nearest.forEach((others, at) => {
    for (const other of others) {
      if (labels[at]! < 0 || labels[other]! < 0) continue;
      all++;
      if (labels[at] === labels[other]) same++;
    }
  });
  return all === 0 ? undefined : same / all;
}
