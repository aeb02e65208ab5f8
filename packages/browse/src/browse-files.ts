/** The page as files, for the local server or any web host. */
// eslint-disable-next-line @nx/enforce-module-boundaries -- not a file in src: generated when the package is built, see page-assets.config.ts
import { pageAssets } from '#page-assets';
import { ArgumentError, type EncoderInput } from '@kindred/core';
import type { PageData } from './page-data.js';
import { quantized } from './quantized.js';

/** The content of the page. */
export interface BrowseContent {
  readonly title: string;
  /** When the page was made, in ISO 8601. */
  readonly created: string;
  /** The version of Kindred that made the page. */
  readonly version: string;
  /** `[N, D]`, row-major; only their directions matter. */
  readonly embeddings: { readonly values: Float32Array; readonly dimension: number };
  /** N names, usually file paths. */
  readonly names: readonly string[];
  /** N classes as indices into `classes`, −1 for none. */
  readonly labels?: ArrayLike<number>;
  readonly classes?: readonly string[];
  /** Sheets of thumbnails as WebP: `perSheet` thumbnails per sheet (the last may have fewer), `columns` per row, `tile` pixels wide and high. */
  readonly sheets: { readonly files: readonly Uint8Array[]; readonly tile: number; readonly columns: number; readonly perSheet: number };
  /** `[N, 2]` in any range, and a sentence on how the map was made. */
  readonly map?: { readonly places: Float32Array; readonly caption: string };
  /** The encoder as a TensorFlow.js graph model, files by name (`tfjsFiles` of `@kindred/export`), and the input it expects. */
  readonly encoder?: { readonly files: Readonly<Record<string, string | Uint8Array>>; readonly input: EncoderInput };
  /** Whether the full images are available at `images/<row>`. */
  readonly images: boolean;
}

/**
 * The page's files by name. Put them into a folder on any web host, or serve them with `serveBrowse`. Embeddings are stored as D bytes per
 * image; searching them finds nearly the same images as exact numbers would (the README has figures).
 *
 * @throws ArgumentError for parts that do not fit together.
 *
 * @example
 * const content = {
 *   title: 'photos', created: '2026-12-01T12:00:00Z', version: '0.1.0', names: ['a.jpg', 'b.jpg'], images: false,
 *   embeddings: { values: Float32Array.of(1, 0, 0, 1), dimension: 2 }, sheets: { files: [new Uint8Array(1)], tile: 64, columns: 16, perSheet: 256 },
 * };
 * Object.keys(browseFiles(content)).includes('index.html'); // => true
 */
export function browseFiles(content: BrowseContent): Readonly<Record<string, string | Uint8Array>> {
  const { title, created, version, embeddings, names, labels, classes, sheets, map, encoder, images } = content;
  const { values, dimension } = embeddings;
  const expect = (where: string, fits: boolean, expected: string, received: unknown): void => {
    if (!fits) throw new ArgumentError(`browseFiles.${where}`, expected, received);
  };
  expect('names', names.length > 0, 'one image or more', names.length);
  expect('embeddings.values.length', values.length === names.length * dimension, `${names.length} rows of ${dimension}`, values.length);
  if (labels !== undefined) expect('labels.length', labels.length === names.length, `${names.length}, one for each image`, labels.length);
  expect('sheets.files.length', sheets.files.length === Math.ceil(names.length / sheets.perSheet), `${Math.ceil(names.length / sheets.perSheet)} sheets of ${sheets.perSheet}`, sheets.files.length);
  if (map !== undefined) expect('map.places.length', map.places.length === 2 * names.length, `${2 * names.length}, two for each image`, map.places.length);
  const data: PageData = {
    title,
    created,
    version,
    names,
    dimension,
    sheets: { tile: sheets.tile, columns: sheets.columns, perSheet: sheets.perSheet },
    ...(labels && classes && { labels: Array.from(labels), classes }),
    ...(map && { map: map.caption }),
    ...(encoder && { encoder: encoder.input }),
    images,
  };
  const { texts, bytes } = pageAssets();
  return {
    'index.html': page,
    ...texts,
    ...(encoder && Object.fromEntries(Object.entries(bytes).map(([name, text]) => [name, fromBase64(text)]))),
    'data.json': JSON.stringify(data),
    'embeddings.i8': new Uint8Array(quantized(values, dimension).buffer),
    ...(map && { 'map.f32': new Uint8Array(unitSquare(map.places).buffer) }),
    ...Object.fromEntries(sheets.files.map((file, i) => [`sheets/${i}.webp`, file])),
    ...Object.fromEntries(Object.entries(encoder?.files ?? {}).map(([name, file]) => [`model/${name}`, file])),
  };
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(decoder.atob(text), (character) => character.codePointAt(0)!);
}
/** Node and all browsers provide it, but it is not in TypeScript's library for the language itself. */
const decoder = globalThis as unknown as { atob(text: string): string };

/** Shifts and scales the places into 0..1, both axes by the same factor. */
function unitSquare(places: Float32Array): Float32Array {
  const bounds = [0, 1].map((axis) => {
    let [least, most] = [Infinity, -Infinity];
    for (let i = axis; i < places.length; i += 2) [least, most] = [Math.min(least, places[i]!), Math.max(most, places[i]!)];
    return { middle: (least + most) / 2, span: most - least };
  });
  const span = Math.max(bounds[0]!.span, bounds[1]!.span) || 1;
  return places.map((value, i) => 0.5 + (value - bounds[i % 2]!.middle) / span);
}

/** The page may load files from its own host and nowhere else. WebAssembly needs a permission of its own. */
const policy =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; connect-src 'self'; base-uri 'none'; form-action 'none'";

const page = `<!doctype html>
<html lang="en" data-theme="auto">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Kindred</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="app.css">
</head>
<body>
<a class="skip" href="#grid">To the images</a>
<header>
<h1 data-title>Kindred</h1><p data-facts></p>
<button type="button" class="quiet" data-theme-switch>theme: auto</button>
</header>
<div class="toolbar" role="group" aria-label="Search and order">
<label class="button" data-drop>Search by image<input type="file" accept="image/*" class="unseen" data-file></label>
<input type="search" placeholder="name contains" aria-label="Name contains" data-filter>
<select aria-label="Order" data-order></select>
<output data-status aria-live="polite"></output>
</div>
<div class="toolbar" role="group" aria-label="Labels">
<form data-label-form><input type="text" placeholder="label, e.g. cat" aria-label="Label" maxlength="60" data-label><button type="submit">Label this image</button></form>
<button type="button" data-mark>Mark as duplicate</button>
<button type="button" data-save>Save labels and marks</button>
<span class="chips" data-classes></span>
</div>
<main>
<aside>
<figure class="map" data-map-figure hidden><canvas data-map tabindex="0" role="application" aria-label="Map of the images: arrow keys move, plus and minus zoom, Enter chooses the image at the cross"></canvas><figcaption data-map-caption></figcaption></figure>
<section class="card" data-card aria-live="polite" aria-label="Chosen image"></section>
</aside>
<div id="grid" class="grid" data-grid role="listbox" aria-label="Images" tabindex="0"><div class="sizer" data-sizer></div></div>
</main>
<noscript>This page needs JavaScript.</noscript>
<script type="module" src="app.js"></script>
</body>
</html>
`;
