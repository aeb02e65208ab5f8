/** The diamonds of ggplot2: 53,940 stones, whose cut is to be told from the other nine features. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { random } from '@kindred/core';
import { type Feature, type Table, table } from './table.js';

const numbers = ['carat', 'depth', 'table', 'price', 'x', 'y', 'z'];
const categories = { color: ['D', 'E', 'F', 'G', 'H', 'I', 'J'], clarity: ['I1', 'SI2', 'SI1', 'VS2', 'VS1', 'VVS2', 'VVS1', 'IF'] };
const cuts = ['Fair', 'Good', 'Very Good', 'Premium', 'Ideal'];

/** Four fifths of the stones to train on and the rest, drawn by seed. Numbers have mean 0 and deviation 1 over the training rows. */
export function diamonds({ rows, seed }: { readonly rows?: number | undefined; readonly seed: number }): { train: Table; test: Table } {
  const lines = readFileSync(createRequire(import.meta.url).resolve('@observablehq/sample-datasets/diamonds.csv'), 'utf8').trim().split('\n');
  const header = lines[0]!.trim().split(',');
  const order = random(seed).fork('split').permutation(lines.length - 1).slice(0, rows);
  const records = Array.from(order, (line) => {
    const cells = lines[line + 1]!.trim().split(',');
    return Object.fromEntries(header.map((name, i) => [name, cells[i]!]));
  });
  const middle = Math.round(0.8 * records.length);
  const scales = numbers.map((name) => {
    const values = records.slice(0, middle).map((record) => Number(record[name]));
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return { mean, deviation: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length) };
  });
  const features: Feature[] = numbers.map((name, start) => ({ name, start, width: 1 }));
  for (const [name, { length: width }] of Object.entries(categories)) {
    features.push({ name, start: features.reduce((sum, feature) => sum + feature.width, 0), width });
  }
  const part = (name: string, some: typeof records): Table => {
    const values = some.flatMap((record) => [
      ...numbers.map((column, i) => (Number(record[column]) - scales[i]!.mean) / scales[i]!.deviation),
      ...Object.entries(categories).flatMap(([column, known]) => known.map((value) => (record[column] === value ? 1 : 0))),
    ]);
    return table(`diamonds/${name}`, features, Float32Array.from(values), Int32Array.from(some, (record) => cuts.indexOf(record['cut']!)), cuts);
  };
  return { train: part('train', records.slice(0, middle)), test: part('test', records.slice(middle)) };
}
