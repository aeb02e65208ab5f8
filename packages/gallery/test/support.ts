/** Embeddings for tests. */
import { random } from '@kindred/core';
import type { Embeddings } from '../src/index.js';

/** Rows scattered around a number of centres, in turn; each centre is a class. */
export function clustered(rows: number, dimension: number, centres = 20): Embeddings {
  const draws = random(1).fork('rows');
  const centre = Float32Array.from({ length: centres * dimension }, () => draws.uniform(-1, 1));
  const values = Float32Array.from({ length: rows * dimension }, (_, i) => centre[(Math.floor(i / dimension) % centres) * dimension + (i % dimension)]! + draws.uniform(-1, 1));
  return {
    source: { weights: 'abc', encoder: 'runs/a' },
    dimension,
    values,
    ids: Array.from({ length: rows }, (_, row) => `${row % centres}/${row}.jpg`),
    heights: new Int32Array(rows).fill(8),
    widths: new Int32Array(rows).fill(8),
    labels: Int32Array.from({ length: rows }, (_, row) => row % centres),
    classes: Array.from({ length: centres }, (_, i) => `class ${i}`),
    errors: [],
  };
}
