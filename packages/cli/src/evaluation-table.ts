/** Evaluations as tables for a terminal. */
import type { Figure } from '@kindred/evaluation';
import { type Evaluation, type EvaluationRow, figuresOf, type RunGroup } from '@kindred/runs';
import { formatTable, percent } from './table.js';

/**
 * kNN and linear probe: one line per kind of features, with the results for every share of the labels, in percent; ± is the
 * deviation over draws of the labels.
 */
export function evaluationTable(rows: readonly EvaluationRow[]): string {
  const probes = ([['knn', 'kNN'], ['linear', 'linear']] as const).filter(([name]) => rows.some(({ results }) => results.some((result) => result[name] !== undefined)));
  const shares = rows[0]?.results ?? [];
  const head = ['accuracy, %', ...shares.flatMap(({ labels }) => probes.map(([, words]) => `${words}, ${labels.toLocaleString('en')} labels`))];
  return formatTable(
    head,
    rows.map(({ name, results }) => [
      name,
      ...results.flatMap((result) =>
        probes.map(([probe]) => {
          const { mean, deviation } = result[probe]!;
          return percent(mean) + (deviation > 0 ? ` ±${percent(deviation)}` : '');
        }),
      ),
    ]),
  );
}

/** All other figures: one line each, one column per kind of features; shares in percent. Empty if there are none. */
export function measuresTable(rows: readonly EvaluationRow[]): string {
  const columns = rows.map((row) => figuresOf({ ...row, results: [] }));
  // in the order of those that have most
  const labels = [...new Set([...columns].sort((a, b) => b.length - a.length).flatMap((figures) => figures.map(({ label }) => label)))];
  if (labels.length === 0) return '';
  const cell = (figures: readonly Figure[], label: string): string => {
    const figure = figures.find((each) => each.label === label);
    return figure === undefined ? '' : shown(figure);
  };
  const unit = (label: string): string => (columns.flat().find((figure) => figure.label === label)!.kind === 'share' ? `${label}, %` : label);
  return formatTable(['', ...rows.map(({ name }) => name)], labels.map((label) => [unit(label), ...columns.map((figures) => cell(figures, label))]));
}

/** All tables of an evaluation; those on other data follow a line that names the data and what was done to the images. */
export function evaluationText({ rows, transfer = [] }: Evaluation): string {
  const tables = (list: readonly EvaluationRow[]): string[] => [
    ...(list.some(({ results }) => results.length > 0) ? [evaluationTable(list)] : []),
    ...[measuresTable(list)].filter((table) => table !== ''),
  ];
  return [
    ...tables(rows),
    ...transfer.flatMap(({ data, changes, rows: there }) => [`on ${data}${changes.length > 0 ? ` (${changes.join(', ')})` : ''}`, ...tables(there)]),
  ].join('\n');
}

/** Groups of runs that differ only in their seed: one line per figure, mean ± deviation over the seeds. */
export function groupsTable(groups: readonly RunGroup[]): string {
  const labels = [...new Set(groups.flatMap(({ figures }) => figures.map(({ label }) => label)))];
  const cell = ({ figures }: RunGroup, label: string): string => {
    const figure = figures.find((each) => each.label === label);
    return figure === undefined ? '' : shown(figure);
  };
  const share = (label: string): boolean => groups.some(({ figures }) => figures.some((figure) => figure.label === label && figure.kind === 'share'));
  return formatTable(
    ['', ...groups.map(({ name, seeds }) => `${name}, ${seeds.length === 1 ? `seed ${seeds[0]}` : `${seeds.length} seeds`}`)],
    labels.map((label) => [share(label) ? `${label}, %` : label, ...groups.map((group) => cell(group, label))]),
  );
}

function shown({ value, deviation, kind }: Figure): string {
  const digits = Math.abs(value) < 10 ? 3 : 1;
  const text = (number: number): string => (kind === 'share' ? percent(number) : number.toFixed(digits));
  return text(value) + (deviation === undefined ? '' : ` ±${text(deviation)}`);
}
