/** The page: one self-contained file. */
// eslint-disable-next-line @nx/enforce-module-boundaries -- no file of src: made when the package is built, see page-assets.config.ts
import { pageAssets } from '#page-assets';
import { ArgumentError } from '@kindred/core';
import { type Html, html } from './html.js';
import { contextOf, type PageContext, type Section } from './page-context.js';
import type { PageData } from './page-data.js';
import type { ReportData } from './report-data.js';
import { collapse, histogramCharts, profileCharts } from './sections/collapse.js';
import { curveCharts, curves } from './sections/curves.js';
import { followed } from './sections/followed.js';
import { map, mapCharts } from './sections/map.js';
import { neighbors } from './sections/neighbors.js';
import { overview } from './sections/overview.js';
import { courseCharts, positives } from './sections/positives.js';
import { settings } from './sections/settings.js';
import { views } from './sections/views.js';
import { checkSheet, sheetRule } from './sheet-rule.js';
import { wholePage } from './whole-page.js';
import { clockOf } from './curves.js';
import { valueAt } from './settings-table.js';

const sections: readonly Section[] = [overview, curves, followed, map, neighbors, positives, views, collapse, settings];

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
  const title = data.runs.length === 1 ? data.runs[0]!.name : `${data.runs.length} runs`;
  return wholePage({
    title: `${title} · Kindred report`,
    assets: pageAssets('report'),
    rules: Object.keys(data.sheets ?? {}).map((name) => sheetRule(context.sheet(name).className, context.sheet(name).sheet)).join('\n'),
    skip: ['overview', 'To the results'],
    header: head(data, title, shown),
    main: html`<main>
${shown.map(({ id, title: heading, content }) => html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${heading}</h2>${content}</section>
`)}</main>`,
    footer: { after: ' Charts: Apache ECharts.' },
    data: pageData(context),
    created: data.created,
    version: data.version,
  });
}

function check({ runs, sheets = {} }: ReportData): void {
  if (runs.length === 0) throw new ArgumentError('reportPage.runs', 'one run or more', runs);
  const names = runs.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new ArgumentError('reportPage.runs', 'runs of different names', twice, 'Name one of them by its folder.');
  for (const [name, sheet] of Object.entries(sheets)) checkSheet(`reportPage.sheets.${name}`, sheet);
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
