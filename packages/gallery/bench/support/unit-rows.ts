/** Rows as encoders give them: groups of unequal size, few directions that matter, unit length. */
import { random, unitRows } from '@kindred/core';

/** What rows are drawn from. */
export interface UnitRows {
  readonly dimension: number;
  /** So many new rows `[N, D]` of length 1; the same for the same stream. */
  draw(rows: number, stream: string): Float32Array;
}

/**
 * A mixture: `groups` centres of falling probability (as 1 / rank), each with Gaussian rows around it, whose deviation falls with the
 * direction as 1 / √rank, as that of an encoder's features does. About half of a row's length is its centre.
 */
export function unitRowsOf(dimension: number, groups = 1000): UnitRows {
  const spread = Float32Array.from({ length: dimension }, (_, i) => 1 / Math.sqrt(i + 1));
  const norm = Math.sqrt(spread.reduce((sum, value) => sum + value * value, 0));
  const normal = gaussians('centres');
  const centres = Float32Array.from({ length: groups * dimension }, (_, i) => (spread[i % dimension]! / norm) * normal());
  const upTo = new Float64Array(groups);
  for (let group = 0, sum = 0; group < groups; group++) upTo[group] = sum += 1 / (group + 1);
  return {
    dimension,
    draw(rows, stream) {
      const uniform = random(1).fork(stream, 'groups');
      const next = gaussians(stream);
      const values = new Float32Array(rows * dimension);
      for (let row = 0; row < rows; row++) {
        const at = uniform.uniform() * upTo[groups - 1]!;
        const group = upTo.findIndex((sum) => sum >= at);
        for (let i = 0; i < dimension; i++) values[row * dimension + i] = centres[group * dimension + i]! + (spread[i]! / norm) * next();
      }
      return unitRows(values, dimension, 'refuse');
    },
  };
}

/** Gaussian numbers of deviation 1, two from each pair of uniform ones (Box and Muller 1958). */
function gaussians(stream: string): () => number {
  const draws = random(1).fork(stream, 'gaussians');
  let spare: number | undefined;
  return () => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - draws.uniform()));
    const angle = 2 * Math.PI * draws.uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}
