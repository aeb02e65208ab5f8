/** An evaluation as a table for a terminal. */
import type { Accuracy } from './runs/evaluate-features.js';
import type { EvaluationRow } from './runs/evaluate-run.js';
import { formatTable, percent } from './table.js';

/** One line a kind of features; ± is the deviation over draws of the labels; for every share of the labels kNN and linear probe, in percent. */
export function evaluationTable(rows: readonly EvaluationRow[]): string {
  const shares = rows[0]?.results ?? [];
  const head = ['accuracy, %', ...shares.flatMap(({ labels }) => [`kNN, ${labels.toLocaleString('en')} labels`, `linear, ${labels.toLocaleString('en')} labels`])];
  const shown = ({ mean, deviation }: Accuracy): string => percent(mean) + (deviation > 0 ? ` ±${percent(deviation)}` : '');
  return formatTable(
    head,
    rows.map(({ name, results }) => [name, ...results.flatMap(({ knn, linear }) => [shown(knn), shown(linear)])]),
  );
}
