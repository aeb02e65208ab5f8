/** The page: one self-contained file. */
// eslint-disable-next-line @nx/enforce-module-boundaries -- no file of src: made when the package is built, see page-assets.config.ts
import { pageAssets } from '#page-assets';
import { ArgumentError } from '@kindred/core';
import { type Html, html, jsonForScript, textOf, trusted } from './html.js';
import { contextOf, type PageContext, type Section } from './page-context.js';
import type { PageData } from './page-data.js';
import type { ReportData } from './report-data.js';
import { collapse, histogramCharts, profileCharts } from './sections/collapse.js';
import { curveCharts, curves } from './sections/curves.js';
import { map, mapCharts } from './sections/map.js';
import { neighbors } from './sections/neighbors.js';
import { overview } from './sections/overview.js';
import { courseCharts, positives } from './sections/positives.js';
import { settings } from './sections/settings.js';
import { views } from './sections/views.js';
import { clockOf } from './curves.js';
import { valueAt } from './settings-table.js';

const sections: readonly Section[] = [overview, curves, map, neighbors, positives, views, collapse, settings];

/**
 * A page about runs, as the text of one HTML file: it contains its script, style and images, and its content security
 * policy forbids all other requests. Names and settings of runs are shown as text.
 *
 * @throws ArgumentError for no runs, for runs with the same name, and for images that are not data URLs of an image.
 *
 * @example
 * const step = { epoch: 0, learningRate: 0.1, samplesPerSecond: 900, waiting: 0, diagnostics: {} };
 * const metrics = [{ ...step, step: 1, loss: 5 }, { ...step, step: 2, loss: 4 }];
 * const run = { name: 'first', settings: { method: { name: 'nnclr' } }, metrics };
 * const page = reportPage({ created: '2026-12-01T12:00:00Z', version: '0.1.0', runs: [run] });
 * page.startsWith('<!doctype html>'); // => true
 */
export function reportPage(data: ReportData): string {
  check(data);
  const context = contextOf(data);
  const shown = sections.flatMap((section) => {
    const content = section.render(context);
    return content === undefined ? [] : [{ ...section, content }];
  });
  const { script, style, scriptHash } = pageAssets('report');
  const policy = `default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src '${scriptHash}'; base-uri 'none'; form-action 'none'`;
  const title = data.runs.length === 1 ? data.runs[0]!.name : `${data.runs.length} runs`;
  return textOf(html`${trusted('<!doctype html>')}
<html lang="en" data-theme="auto">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Kindred report</title>
<link rel="icon" href="data:,">
<style>${trusted(style)}
${sheetRules(context)}</style>
</head>
<body>
<a class="skip" href="#overview">To the results</a>
${head(data, title, shown)}
<main>
${shown.map(({ id, title: heading, content }) => html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${heading}</h2>${content}</section>
`)}</main>
<footer>Made ${new Date(data.created).toISOString().slice(0, 16).replace('T', ' ')} UTC by Kindred ${data.version}. This file is whole: it loads nothing. Charts: Apache ECharts.</footer>
<script type="application/json" id="data">${jsonForScript(pageData(context))}</script>
<script>${trusted(script)}</script>
</body>
</html>
`);
}

function check({ runs, sheets = {} }: ReportData): void {
  if (runs.length === 0) throw new ArgumentError('reportPage.runs', 'one run or more', runs);
  const names = runs.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new ArgumentError('reportPage.runs', 'runs of different names', twice, 'Name one of them by its folder.');
  for (const [name, { url }] of Object.entries(sheets)) {
    if (!/^data:image\/(?:webp|png|jpeg);base64,[A-Za-z0-9+/]+=*$/.test(url)) {
      throw new ArgumentError(`reportPage.sheets.${name}.url`, 'the data of a webp, png or jpeg in base64', url);
    }
  }
}

function head({ runs }: ReportData, title: string, shown: readonly Section[]): Html {
  const facts = (path: readonly string[], one = '', several = one): string => {
    const values = [...new Set(runs.map(({ settings: of }) => valueAt(of, ...path)).filter((value) => value !== undefined))];
    return values.length === 0 ? '' : `${values.join(', ')}${values.every((value) => value === 1) ? one : several}`;
  };
  const line = [
    facts(['method', 'name']),
    facts(['data', 'name']),
    facts(['encoder', 'name']),
    facts(['epochs'], ' epoch', ' epochs'),
    facts(['batchSize'], ' image a step', ' images a step'),
  ];
  return html`<header><div class="brand"><b>Kindred</b> report<button type="button" class="quiet" data-theme-switch>theme: auto</button></div><h1>${title}</h1><p class="facts">${line.filter(Boolean).join(' · ')}</p><nav aria-label="Sections"><ul>${shown.map(({ id, title: heading }) => html`<li><a href="#${id}">${heading}</a></li>`)}</ul></nav></header>`;
}

/** A rule for every sheet: its image once, however many elements show parts of it. */
const sheetRules = ({ data: { sheets = {} }, sheet }: PageContext): Html =>
  trusted(
    Object.keys(sheets)
      .map((name) => {
        const { className, sheet: { url, tile: [width, height], columns, count } } = sheet(name);
        const [c, r, w, h] = [columns, Math.ceil(count / columns), width, height].map(Number);
        return `.${className}{--sheet:url(${url});--columns:${c};--rows:${r};aspect-ratio:${w}/${h}}`;
      })
      .join('\n'),
  );

function pageData(context: PageContext): PageData {
  const { runs } = context.data;
  return {
    runs: runs.map(({ name }) => name),
    clocks: runs.map(({ metrics, settings: of }) => {
      const batchSize = valueAt(of, 'batchSize');
      return clockOf(metrics, typeof batchSize === 'number' ? batchSize : undefined);
    }),
    curves: [...curveCharts(context), ...courseCharts(context)],
    maps: mapCharts(context),
    profiles: profileCharts(context),
    histograms: histogramCharts(context),
  };
}
