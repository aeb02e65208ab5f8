/** The lookup as loops over numbers: shares nothing with the code under test. */

export type Rows = readonly (readonly number[])[];

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

export function cosine(a: readonly number[], b: readonly number[]): number {
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

/** For each query the numbers of the k rows with the largest cosine, the lower one first in a tie. */
export function nearestByLoops(
  queries: Rows,
  rows: Rows,
  k: number,
  allowed: (query: number, row: number) => boolean = () => true,
): number[][] {
  return queries.map((query, i) =>
    rows
      .map((row, j) => ({ j, similarity: cosine(query, row) }))
      .filter(({ j }) => allowed(i, j))
      .sort((a, b) => b.similarity - a.similarity || a.j - b.j)
      .slice(0, k)
      .map(({ j }) => j),
  );
}

export function unit(row: readonly number[]): number[] {
  const length = Math.sqrt(dot(row, row));
  return row.map((x) => x / length);
}
