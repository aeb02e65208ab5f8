/** The results of an experiment as a Markdown table. */
import type { Figure } from '@kindred/evaluation';

/** A line: what was measured, how often, and its figures. */
export interface Line {
  readonly label: string;
  /** Seeds; none for what is not trained. */
  readonly seeds: readonly number[];
  readonly figures: readonly Figure[];
  /** Seconds of training, mean over the seeds. */
  readonly seconds?: number | undefined;
}

/** One line a row, one column a figure; ± is the deviation over seeds (n − 1), or over draws of the labels for what has one seed. */
export function markdownTable(lines: readonly Line[]): string {
  const labels = [...new Set(lines.flatMap(({ figures }) => figures.map(({ label }) => label)))];
  const head = ['', 'seeds', ...labels, 'minutes'];
  const rows = lines.map(({ label, seeds, figures, seconds }) => [
    label,
    seeds.length === 0 ? '' : seeds.join(', '),
    ...labels.map((name) => shown(figures.find((figure) => figure.label === name))),
    seconds === undefined ? '' : (seconds / 60).toFixed(1),
  ]);
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, i) => (i < 2 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

function shown(figure: Figure | undefined): string {
  if (figure === undefined) return '';
  const [scale, digits] = figure.kind === 'share' ? [100, 1] : [1, 2];
  const deviation = figure.deviation === undefined || figure.deviation === 0 ? '' : ` ± ${(scale * figure.deviation).toFixed(digits)}`;
  return `${(scale * figure.value).toFixed(digits)}${deviation}`;
}
