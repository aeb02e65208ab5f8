/** A page of thumbnails in groups: one self-contained file. */
// eslint-disable-next-line @nx/enforce-module-boundaries -- no file of src: made when the package is built, see page-assets.config.ts
import { pageAssets } from '#page-assets';
import { ArgumentError } from '@kindred/core';
import { html } from './html.js';
import type { ImageSheet } from './report-data.js';
import { checkSheet, sheetRule } from './sheet-rule.js';
import { wholePage } from './whole-page.js';

/** An image of a gallery. */
export interface GalleryImage {
  /** Its number on the sheet, from 0; undefined shows an empty tile, for a file that cannot be read. */
  readonly tile: number | undefined;
  /** Its name: that of its file. */
  readonly name: string;
  /** A short text below it, such as a figure. */
  readonly note?: string;
}

/** Images that belong together. */
export interface GalleryGroup {
  readonly title: string;
  /** A sentence below the title. */
  readonly note?: string;
  readonly images: readonly GalleryImage[];
}

/** The content of a gallery. */
export interface GalleryData {
  readonly title: string;
  /** A paragraph below the title. */
  readonly lead: string;
  /** When it was made, in ISO 8601. */
  readonly created: string;
  /** The version of Kindred that made it. */
  readonly version: string;
  readonly groups: readonly GalleryGroup[];
  readonly sheet: ImageSheet;
}

/**
 * A page of images in groups, as the text of one HTML file. Arrow keys go from image to image, and a click or Enter chooses one; names of
 * the chosen are copied or saved as a list. Its content security policy forbids all requests, and names are shown as text.
 *
 * @throws ArgumentError for a sheet that is not an image as a data URL, and for a tile that the sheet does not hold.
 *
 * @example
 * const sheet = { url: 'data:image/png;base64,iVBORw0KGgo=', tile: [8, 8] as const, columns: 1, count: 1 };
 * const groups = [{ title: 'Group 1', images: [{ tile: 0, name: 'a <b>.jpg', note: '0.99' }] }];
 * const page = galleryPage({ title: 'Duplicates', lead: 'One group.', created: '2026-12-01T12:00:00Z', version: '0.1.0', groups, sheet });
 * page.includes('a &lt;b&gt;.jpg'); // => true
 */
export function galleryPage({ title, lead, created, version, groups, sheet }: GalleryData): string {
  const { columns, count } = sheet;
  checkSheet('galleryPage.sheet', sheet);
  for (const { images } of groups) {
    for (const { tile, name } of images) {
      if (tile !== undefined && !(Number.isInteger(tile) && tile >= 0 && tile < count)) {
        throw new ArgumentError('galleryPage.groups', `tiles of 0..${count - 1}`, tile, `That of ${name} is not on the sheet.`);
      }
    }
  }
  const total = groups.reduce((sum, { images }) => sum + images.length, 0);
  return wholePage({
    title: `${title} · Kindred`,
    assets: pageAssets('gallery'),
    rules: sheetRule('sheet-0', sheet),
    skip: ['images', 'To the images'],
    header: html`<header><div class="brand"><b>Kindred</b><button type="button" class="quiet" data-theme-switch>theme: auto</button></div><h1>${title}</h1><p class="facts">${lead}</p></header>`,
    main: html`<main id="images">
<div class="toolbar chosen-bar" role="group" aria-label="Chosen images"><output data-chosen>no image chosen</output><button type="button" class="chip" data-copy disabled>Copy names</button><button type="button" class="chip" data-save disabled>Save list</button><button type="button" class="chip" data-clear disabled>Choose none</button></div>
${groups.map(
  ({ title: heading, note, images }, g) => html`<section aria-labelledby="group-${g}"><h2 id="group-${g}">${heading} <small>${images.length.toLocaleString('en')} ${images.length === 1 ? 'image' : 'images'}</small></h2>${note !== undefined && html`<p class="lead">${note}</p>`}<ul class="thumbs">${images.map(
    ({ tile, name, note: below }, i) =>
      html`<li><button type="button" class="thumb" aria-pressed="false" data-name="${name}" title="${name}"${(g > 0 || i > 0) && html` tabindex="-1"`}>${
        tile === undefined
          ? html`<span class="tile missing" role="img" aria-label="${name}: cannot be read"></span>`
          : html`<span class="tile sheet-0" style="--c:${tile % columns};--r:${Math.floor(tile / columns)}" role="img" aria-label="${name}"></span>`
      }<small>${below ?? name}</small></button></li>`,
  )}</ul></section>
`,
)}</main>`,
    footer: { before: `${total.toLocaleString('en')} ${total === 1 ? 'image' : 'images'}. ` },
    created,
    version,
  });
}
