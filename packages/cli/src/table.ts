/** Tables for a terminal, and numbers in them. */
import Table from 'cli-table3';

/** A table as text; the first column is left-aligned, the others right. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new Table({
    head: [...head],
    style: { head: [], border: [] },
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
    colAligns: head.map((_, i) => (i === 0 ? 'left' : 'right')),
  });
  table.push(...rows.map((row) => [...row]));
  return table.toString();
}

/** A share as percent with one digit: `84.9`. */
export const percent = (share: number): string => (100 * share).toFixed(1);
