/** The results of the runs: key figures of one, a comparison of several. */
import { deviationOf, duration, number, percent, summary } from '../format.js';
import { type Content, type Html, html } from '../html.js';
import { type Measure, measuresOf } from '../measures.js';
import { type PageContext, runName, type Section } from '../page-context.js';
import type { ReportRun } from '../report-data.js';
import { groupsOf } from '../run-groups.js';
import { valueAt } from '../settings-table.js';

/** A column of the comparison. */
interface Figure {
  readonly label: string;
  /** A second, smaller line: what it was measured on. */
  readonly detail?: string;
  readonly show: (value: number) => string;
  readonly unit?: string;
  /** Which end is the best; absent if neither is. */
  readonly best?: 'higher' | 'lower';
  /** The value of every run; undefined if it has none. */
  readonly values: readonly (number | undefined)[];
  /** The deviation over draws of the labels, for every run. */
  readonly deviations?: readonly (number | undefined)[];
  /** The same of baselines, by name. */
  readonly baselines?: ReadonlyMap<string, Measure>;
}

export const overview: Section = {
  id: 'overview',
  title: 'Results',
  render(context) {
    const { runs } = context.data;
    const measures = runs.map(({ evaluation }) => measuresOf(evaluation));
    const all = figures(context, measures);
    return html`${runs.length === 1 && cards(all)}${comparison(runs, runs.length === 1 ? all.filter(({ baselines = [] }) => [...baselines].length > 0) : all)}${remaining(runs, measures, all)}${runs.some(({ evaluation }) => evaluation === undefined) &&
    html`<p class="note">Accuracies appear once <code>kindred evaluate</code> has measured a run.</p>`}${runs.flatMap(({ notes = [] }) => notes).map((note) => html`<p class="note">${note}</p>`)}`;
  },
};

function figures({ data: { runs } }: PageContext, measures: readonly (readonly Measure[])[]): Figure[] {
  const labels = [...new Set(measures.flatMap((of) => of.filter(({ kind, better, of: whose }) => kind === 'share' && better !== undefined && whose === undefined).map(({ label }) => label)))];
  const evaluated = labels.slice(0, 6).map((label): Figure => {
    const own = measures.map((of) => of.find((measure) => measure.label === label && measure.of === undefined));
    const others = measures.flatMap((of) => of.filter((measure) => measure.label === label && measure.of !== undefined));
    const best = [...own, ...others].find((measure) => measure !== undefined)?.better;
    const [name, ...rest] = label.split(', ');
    return {
      label: name!,
      detail: rest.join(', '),
      show: percent,
      unit: '%',
      ...(best && { best }),
      values: own.map((measure) => measure?.value),
      deviations: own.map((measure) => measure?.deviation),
      baselines: new Map(others.reverse().map((measure) => [measure.of!, measure])),
    };
  });
  const of = (value: (run: ReportRun) => number | undefined): (number | undefined)[] => runs.map(value);
  const rest: Figure[] = [
    { label: 'kNN while training', detail: 'held-out training images', show: percent, unit: '%', best: 'higher', values: of(({ monitor = [] }) => monitor.at(-1)?.values['knn']) },
    { label: 'Loss', detail: 'mean of the last 100 steps', show: number, values: of(({ metrics }) => mean(metrics.slice(-100).map(({ loss }) => loss))) },
    { label: 'Samples a second', detail: 'median', show: number, values: of(({ metrics }) => median(metrics.map(({ samplesPerSecond }) => samplesPerSecond))) },
    { label: 'Training', show: duration, values: of(secondsOf) },
    { label: 'Steps', show: number, values: of(({ metrics }) => metrics.at(-1)?.step) },
  ];
  return [...evaluated, ...rest].filter(({ values }) => values.some((value) => value !== undefined));
}

const cards = (all: readonly Figure[]): Html => html`<dl class="cards">${all.slice(0, 8).map(
  ({ label, detail, show, unit, values, deviations }) =>
    html`<div><dt>${label}${detail ? html`<small>${detail}</small>` : undefined}</dt><dd>${show(values[0]!)}${unit && html`<small>${unit}</small>`}${deviations?.[0] !== undefined && html`<small>± ${show(deviations[0])}</small>`}</dd></div>`,
)}</dl>`;

function comparison(runs: readonly ReportRun[], all: readonly Figure[]): Html | undefined {
  const baselines = [...new Set(all.flatMap(({ baselines: of }) => [...(of?.keys() ?? [])]))];
  if (runs.length + baselines.length < 2) return undefined;
  const cell = (value: number | undefined, deviation: number | undefined, { show }: Figure, best: boolean): Html => {
    if (value === undefined) return html`<td class="none">–</td>`;
    const text = html`${show(value)}${deviation !== undefined && deviation > 0 && html` <small>±${show === number ? deviationOf(value, deviation) : show(deviation)}</small>`}`;
    return html`<td>${best ? html`<strong title="the best of this column">${text}</strong>` : text}</td>`;
  };
  const groups = groupsOf(runs);
  const repeated = groups.some(({ members }) => members.length > 1);
  const lines = groups.flatMap(({ members }) => {
    const group = all.map(({ values }) => {
      const there = members.flatMap((run) => values[run] ?? []);
      return there.length === 0 ? undefined : summary(there);
    });
    const several = members.length > 1;
    return [
      ...(several ? [{ title: html`${groupTitle(runs, members)}`, kind: 'group', values: group }] : []),
      ...members.map((run) => ({
        title: runName(runs, run),
        kind: several ? 'member' : 'alone',
        values: all.map(({ values, deviations }) => (values[run] === undefined ? undefined : { mean: values[run], deviation: deviations?.[run] ?? 0 })),
      })),
    ];
  });
  // means compete with means, and with runs that stand alone
  const bests = all.map(({ best }, i) => {
    const competing = lines.filter(({ kind }) => kind !== 'member').flatMap(({ values }) => values[i]?.mean ?? []);
    if (best === undefined || competing.length < 2) return undefined;
    return best === 'higher' ? Math.max(...competing) : Math.min(...competing);
  });
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Comparison of runs"><table class="compare"><thead><tr><th scope="col">Run</th>${all.map(
    ({ label, detail, unit }) => html`<th scope="col">${label}${unit && `, ${unit}`}${detail ? html`<small>${detail}</small>` : undefined}</th>`,
  )}</tr></thead><tbody>${lines.map(
    ({ title, kind, values }) =>
      html`<tr class="${kind}"><th scope="row">${title}</th>${all.map((figure, i) => cell(values[i]?.mean, values[i]?.deviation, figure, kind !== 'member' && values[i] !== undefined && values[i].mean === bests[i]))}</tr>`,
  )}${baselines.map(
    (name) => html`<tr class="baseline"><th scope="row">${name}</th>${all.map((figure) => cell(figure.baselines?.get(name)?.value, figure.baselines?.get(name)?.deviation, figure, false))}</tr>`,
  )}</tbody></table></div>${repeated && html`<p class="note">Rows in bold: mean ± standard deviation over runs that differ in nothing but their seed.</p>`}${all.some(({ deviations }) => deviations?.some((value) => value !== undefined)) && html`<p class="note">± of a single run: standard deviation over draws of the labels.</p>`}`;
}

function groupTitle(runs: readonly ReportRun[], members: readonly number[]): Content {
  const names = members.map((run) => runs[run]!.name);
  const common = names.reduce((a, b) => a.slice(0, [...a].findIndex((letter, i) => letter !== b[i]) >>> 0)).replace(/[-_. ]?(seed)?[-_. ]*$/, '');
  return html`${common === '' ? String(valueAt(runs[members[0]!]!.settings, 'method', 'name') ?? names[0]) : common} <small>${members.length} seeds</small>`;
}

/** All other figures, one line each. */
function remaining(runs: readonly ReportRun[], measures: readonly (readonly Measure[])[], shown: readonly Figure[]): Html | undefined {
  const titles = new Set(shown.map(({ label, detail }) => (detail ? `${label}, ${detail}` : label)));
  const titleOf = ({ label, of }: Measure): string => (of === undefined ? label : `${of}: ${label}`);
  const others = [...new Set(measures.flatMap((of) => of.filter(({ label }) => !titles.has(label)).map(titleOf)))];
  if (others.length === 0) return undefined;
  return html`<details class="more"><summary>All other figures of the evaluation</summary><div class="scroll" tabindex="0" role="region" aria-label="All other figures"><table class="compare"><thead><tr><th scope="col">Figure</th>${runs.map((_, run) => html`<th scope="col">${runName(runs, run)}</th>`)}</tr></thead><tbody>${others.map(
    (title) =>
      html`<tr><th scope="row">${title}</th>${measures.map((of) => {
        const measure = of.find((each) => titleOf(each) === title);
        if (measure === undefined) return html`<td class="none">–</td>`;
        const show = measure.kind === 'share' ? (value: number) => `${percent(value)} %` : number;
        return html`<td>${show(measure.value)}${measure.deviation !== undefined && html` <small>±${show(measure.deviation)}</small>`}</td>`;
      })}</tr>`,
  )}</tbody></table></div></details>`;
}

/** Seconds of training, as the run wrote them down, else by the pace of its steps. */
function secondsOf({ environment, metrics, settings }: ReportRun): number | undefined {
  const written = valueAt(environment, 'seconds');
  if (typeof written === 'number' && written > 0) return written;
  const batch = valueAt(settings, 'batchSize');
  if (typeof batch !== 'number' || metrics.length === 0) return undefined;
  return metrics.reduce((sum, { samplesPerSecond }) => sum + (samplesPerSecond > 0 ? batch / samplesPerSecond : 0), 0);
}

const mean = (values: readonly number[]): number | undefined => {
  const finite = values.filter(Number.isFinite);
  return finite.length === 0 ? undefined : finite.reduce((sum, value) => sum + value, 0) / finite.length;
};

const median = (values: readonly number[]): number | undefined => {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
};
