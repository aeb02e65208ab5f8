import { memory } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { lloyd, type LloydOptions, lloydToEnd, random } from '../src/index.js';

const draws = random(3);
const rows = Float32Array.from({ length: 60 * 3 }, () => draws.normal());
const unit = (values: Float32Array): Float32Array => values.map((x, i) => x / Math.hypot(...values.subarray(i - (i % 3), i - (i % 3) + 3)));

/** The same by lists of numbers. */
function byLoops({ rows: given, dimension, start, centers: kind, iterations }: LloydOptions): { centers: number[][]; assignments: number[] } {
  const listed = (values: ArrayLike<number>): number[][] =>
    Array.from({ length: values.length / dimension }, (_, i) => Array.from({ length: dimension }, (__, d) => values[i * dimension + d]!));
  const data = listed(given);
  let centers = listed(start);
  for (let moves = 0; ; moves++) {
    const assignments = data.map((row) => {
      const nearness = centers.map((center) => row.reduce((sum, x, d) => (kind === 'means' ? sum - (x - center[d]!) ** 2 : sum + x * center[d]!), 0));
      return nearness.indexOf(Math.max(...nearness));
    });
    if (moves === iterations) return { centers, assignments };
    centers = centers.map((old, k) => {
      const own = data.filter((_, i) => assignments[i] === k);
      if (own.length === 0) return old;
      const mean = old.map((_, d) => own.reduce((sum, row) => sum + row[d]!, 0) / own.length);
      return kind === 'means' ? mean : mean.map((x) => x / Math.hypot(...mean));
    });
  }
}

test.each(['means', 'directions'] as const)('equals the algorithm as loops over lists: %s', (centers) => {
  const data = centers === 'means' ? rows : unit(rows);
  for (const iterations of [0, 1, 4]) {
    const options = { rows: data, dimension: 3, start: data.subarray(0, 5 * 3), centers, iterations };
    const before = memory().numTensors;
    const [found, wanted] = [lloydToEnd(options), byLoops(options)];
    expect(memory().numTensors).toBe(before);
    expect([...found.assignments]).toEqual(wanted.assignments);
    found.centers.forEach((x, i) => expect(x).toBeCloseTo(wanted.centers.flat()[i]!, 5));
    expect(lloydToEnd({ ...options, maximumBytes: 1 })).toEqual(found);
  }
});

test('rests as soon as no row changes its cluster, where more iterations give the same', () => {
  const options = { rows, dimension: 3, start: rows.subarray(0, 12), centers: 'means' } as const;
  const found = lloydToEnd({ ...options, iterations: 100 });
  expect(found.converged).toBe(true);
  expect(found.iterations).toBeLessThan(30);
  expect(lloydToEnd({ ...options, iterations: found.iterations - 1 }).converged).toBe(false);
  const wanted = byLoops({ ...options, iterations: 100 });
  expect([...found.assignments]).toEqual(wanted.assignments);
});

test('means are exact far from the origin, where products would not tell them apart', () => {
  const far = Float32Array.of(-1000, -999.99, -999.9, -999.89, 1000, 1000.01, 1000.1, 1000.11);
  const { assignments } = lloydToEnd({ rows: far, dimension: 1, start: Float64Array.of(-1000, -999.9, 1000, 1000.1), centers: 'means', iterations: 10 });
  expect([...assignments]).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
});

test('tells after each move, and leaves what it was given as it was', () => {
  const copies = [rows.slice(), rows.slice(0, 12)];
  const run = lloyd({ rows, dimension: 3, start: rows.subarray(0, 12), centers: 'means', iterations: 2 });
  expect([run.next(), run.next(), run.next().done]).toEqual([{ done: false, value: 1 }, { done: false, value: 2 }, true]);
  expect([rows, rows.slice(0, 12)]).toEqual(copies);
});
