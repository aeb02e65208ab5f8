/** Several views in as few passes as their sizes allow. */
import { concat, split, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';

/** Splits rows into equal parts. The gradient of tfjs's own split fails for a single part (4.22). */
export const splitRows = (rows: Tensor2D, parts: number): Tensor2D[] => (parts === 1 ? [rows] : split(rows, parts, 0));

/** Runs views of one size together, one size after the other: their rows, view by view. */
export function jointly<Input extends Tensor>(views: readonly Input[], run: (inputs: Input) => Tensor2D): Tensor2D {
  const sizes = [...new Set(views.map(({ shape }) => shape.slice(1).join('x')))];
  if (sizes.length === 1) return run(concat([...views], 0) as Input);
  const rows: Tensor2D[] = [];
  for (const size of sizes) {
    const members = views.flatMap(({ shape }, v) => (shape.slice(1).join('x') === size ? [v] : []));
    const parts = splitRows(run(concat(members.map((v) => views[v]!), 0) as Input), members.length);
    members.forEach((v, i) => (rows[v] = parts[i]!));
  }
  return concat(rows, 0);
}
