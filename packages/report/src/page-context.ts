/** What the sections of a page share. */
import { ArgumentError } from '@kindred/core';
import { type Curve, curvesOf } from './curves.js';
import { type Html, html } from './html.js';
import type { ImageSheet, Picture, ReportData, ReportRun } from './report-data.js';

/** The content of a page, and where its images are. */
export interface PageContext {
  readonly data: ReportData;
  /** The curves of every run. */
  readonly curves: readonly (readonly Curve[])[];
  /** The class name of a sheet, and the sheet. */
  sheet(name: string): { readonly className: string; readonly sheet: ImageSheet };
  /** An image as an element. */
  picture(picture: Picture, className?: string): Html;
}

/** A part of the page. */
export interface Section {
  readonly id: string;
  readonly title: string;
  /** Its content; undefined leaves it out. */
  render(context: PageContext): Html | undefined;
}

/** Prepares the content of a page. */
export function contextOf(data: ReportData): PageContext {
  const names = Object.keys(data.sheets ?? {});
  const sheet: PageContext['sheet'] = (name) => {
    const found = data.sheets?.[name];
    if (found === undefined) throw new ArgumentError('reportPage.sheets', 'every sheet that a run has images of', names, `${name} is missing.`);
    return { className: `sheet-${names.indexOf(name)}`, sheet: found };
  };
  return {
    data,
    curves: data.runs.map(({ metrics, monitor }) => curvesOf(metrics, monitor)),
    sheet,
    picture({ sheet: name, tile, label }, extra = '') {
      const { className, sheet: { columns } } = sheet(name);
      const style = `--c:${tile % columns};--r:${Math.floor(tile / columns)}`;
      return html`<span class="tile ${className} ${extra}" style="${style}" role="img" aria-label="${label}" title="${label}"></span>`;
    },
  };
}

/** The name of a run with the mark of its lines. */
export const runName = (runs: readonly ReportRun[], run: number): Html =>
  html`<span class="run"><i class="mark run-${run % 8}" data-dash="${Math.floor(run / 8) % 3}"></i>${runs[run]!.name}</span>`;

/** The same section for several runs: one shown at a time, chosen by tabs. A single run gets no tabs. */
export function byRun(context: PageContext, id: string, parts: readonly { readonly runs: readonly number[]; readonly content: Html }[]): Html {
  const { runs } = context.data;
  const heading = (members: readonly number[]): Html =>
    members.length === runs.length && members.length > 1 ? html`all runs` : html`${members.map((run) => runName(runs, run))}`;
  if (parts.length === 1) {
    return html`${runs.length > 1 && html`<p class="whose">${heading(parts[0]!.runs)}</p>`}${parts[0]!.content}`;
  }
  return html`<div class="tabbed"><div class="tabs" role="tablist" aria-label="Run">${parts.map(
    ({ runs: members }, i) =>
      html`<button type="button" role="tab" id="${id}-tab-${i}" aria-controls="${id}-panel-${i}" aria-selected="${i === 0 ? 'true' : 'false'}">${heading(members)}</button>`,
  )}</div>${parts.map(
    ({ runs: members, content }, i) => html`<div class="panel" role="tabpanel" id="${id}-panel-${i}" aria-labelledby="${id}-tab-${i}"><p class="on-paper">${heading(members)}</p>${content}</div>`,
  )}</div>`;
}

/** A place for a chart; the script fills it. */
export const chart = (id: string, title: Content, description: string, className = ''): Html =>
  html`<figure class="chart ${className}">${title !== '' && html`<figcaption>${title}</figcaption>`}<div class="plot" data-chart="${id}" role="img" aria-label="${description}" tabindex="0"></div></figure>`;

type Content = Html | string;
