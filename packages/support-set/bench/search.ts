/** What a lookup costs, against the bare matrix product of its size, and what an enqueue costs. */
import { random } from '@kindred/core';
import { supportSet } from '@kindred/support-set';
import * as tf from '@tensorflow/tfjs-core';

/** NNCLR's largest support set, and a batch. */
const [capacity, dimension, batch] = [98_304, 256, 256];
const rounds = 9;

/**
 * Runs on the backend that is current. Lookup and bare product alternate, so that other load on the machine meets both;
 * the values are medians, `spread` the range of the ratio's middle half.
 */
export async function run(): Promise<{ name: string; value: number; unit: string }[]> {
  const support = supportSet({ capacity, dimension, initial: 'random', random: random(1) });
  const queries = tf.randomNormal([batch, dimension], 0, 1, 'float32', 1) as tf.Tensor2D;
  const rows = support.rows();
  const ids = Int32Array.from({ length: batch }, (_, i) => i);
  const product: number[] = [];
  const lookup: number[] = [];
  const excluding: number[] = [];
  const several: number[] = [];
  for (let round = -2; round < rounds; round++) {
    const times = [
      await milliseconds(() => tf.matMul(queries, rows, false, true)),
      await milliseconds(() => support.nearest(queries)),
      await milliseconds(() => support.nearest(queries, { excludeSampleIds: ids })),
      await milliseconds(() => support.nearest(queries, { neighbors: { kind: 'top-k', k: 5 } })),
    ] as const;
    if (round < 0) continue;
    [product, lookup, excluding, several].forEach((list, i) => list.push(times[i]!));
  }
  rows.dispose();
  const enqueue: number[] = [];
  for (let round = -2; round < 40; round++) {
    const begin = performance.now();
    support.enqueue(queries, ids);
    if (round >= 0) enqueue.push(performance.now() - begin);
  }
  support.dispose();
  queries.dispose();
  const size = `${batch} queries in ${capacity} x ${dimension}`;
  const ratios = lookup.map((time, i) => time / product[i]!);
  return [
    { name: `matrix product of ${size}`, value: quantile(product, 0.5), unit: 'ms' },
    { name: `nearest, ${size}`, value: quantile(lookup, 0.5), unit: 'ms' },
    { name: 'nearest / product', value: quantile(ratios, 0.5), unit: 'times' },
    { name: 'nearest / product, spread', value: quantile(ratios, 0.75) - quantile(ratios, 0.25), unit: 'times' },
    { name: 'nearest with exclusion', value: quantile(excluding, 0.5), unit: 'ms' },
    { name: 'nearest, mean of 5', value: quantile(several, 0.5), unit: 'ms' },
    { name: `enqueue of ${batch}`, value: quantile(enqueue, 0.5), unit: 'ms' },
  ];
}

/** The time until a result's first value is there. */
async function milliseconds(compute: () => tf.Tensor): Promise<number> {
  const begin = performance.now();
  const result = compute();
  const first = tf.tidy(() => tf.slice(result, [0, 0], [1, 1]));
  await first.data();
  const time = performance.now() - begin;
  tf.dispose([result, first]);
  return time;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.round(share * (sorted.length - 1))]!;
}
