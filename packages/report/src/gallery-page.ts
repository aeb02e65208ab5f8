/** A page of thumbnails in groups: one self-contained file. */
// eslint-disable-next-line @nx/enforce-module-boundaries -- no file of src: made when the package is built, see page-assets.config.ts
import { pageAssets } from '#page-assets';
import { ArgumentError } from '@kindred/core';
import { html, textOf, trusted } from './html.js';
import type { ImageSheet } from './report-data.js';

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
  const { url, tile: [width, height], columns, count } = sheet;
  if (!/^data:image\/(?:webp|png|jpeg);base64,[A-Za-z0-9+/]+=*$/.test(url)) {
    throw new ArgumentError('galleryPage.sheet.url', 'the data of a webp, png or jpeg in base64', url.slice(0, 40));
  }
  for (const { images } of groups) {
    for (const { tile, name } of images) {
      if (tile !== undefined && !(Number.isInteger(tile) && tile >= 0 && tile < count)) {
        throw new ArgumentError('galleryPage.groups', `tiles of 0..${count - 1}`, tile, `That of ${name} is not on the sheet.`);
      }
    }
  }
  const { script, style, scriptHash } = pageAssets('gallery');
  const policy = `default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src '${scriptHash}'; base-uri 'none'; form-action 'none'`;
  const rows = Math.max(1, Math.ceil(count / columns));
  const total = groups.reduce((sum, { images }) => sum + images.length, 0);
  return textOf(html`${trusted('<!doctype html>')}
<html lang="en" data-theme="auto">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Kindred</title>
<link rel="icon" href="data:,">
<style>${trusted(style)}
${trusted(`.sheet-0{--sheet:url(${url});--columns:${Number(columns)};--rows:${rows};aspect-ratio:${Number(width)}/${Number(height)}}`)}</style>
</head>
<body>
<a class="skip" href="#images">To the images</a>
<header><div class="brand"><b>Kindred</b><button type="button" class="quiet" data-theme-switch>theme: auto</button></div><h1>${title}</h1><p class="facts">${lead}</p></header>
<main id="images">
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
)}</main>
<footer>${total.toLocaleString('en')} ${total === 1 ? 'image' : 'images'}. Made ${new Date(created).toISOString().slice(0, 16).replace('T', ' ')} UTC by Kindred ${version}. This file is whole: it loads nothing.</footer>
<script>${trusted(script)}</script>
</body>
</html>
`);
}
