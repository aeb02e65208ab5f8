/** What a lookup costs, against the bare matrix product of its size, and what an enqueue costs. */
import { random } from '@kindred/core';
import { supportSet } from '@kindred/support-set';
import * as tf from '@tensorflow/tfjs-core';

/** NNCLR's largest support set, and a batch. */
const [capacity, dimension, batch] = [98_304, 256, 256];
const rounds = 9;

/** Time on the clock, and of all threads together: on a machine that others use the second is the steadier. */
interface Cost {
  readonly clock: number;
  readonly processor: number;
}

/** Runs on the backend that is current. Lookup and bare product alternate, so that other load meets both. */
export async function run(): Promise<{ name: string; value: number; unit: string }[]> {
  const support = supportSet({ capacity, dimension, initial: 'random', random: random(1) });
  const queries = tf.randomNormal([batch, dimension], 0, 1, 'float32', 1) as tf.Tensor2D;
  const rows = support.rows();
  const ids = Int32Array.from({ length: batch }, (_, i) => i);
  const lookups: Record<string, () => tf.Tensor> = {
    product: () => tf.matMul(queries, rows, false, true),
    nearest: () => support.nearest(queries),
    'nearest, own samples excluded': () => support.nearest(queries, { excludeSampleIds: ids }),
    'nearest, mean of 5': () => support.nearest(queries, { neighbors: { kind: 'top-k', k: 5 } }),
  };
  const costs: Record<string, Cost[]> = {};
  for (let round = -2; round < rounds; round++) {
    for (const [name, compute] of Object.entries(lookups)) {
      const cost = await measured(compute);
      if (round >= 0) (costs[name] ??= []).push(cost);
    }
  }
  rows.dispose();
  const enqueue: Cost[] = [];
  for (let round = -2; round < 40; round++) {
    const cost = await measured(() => {
      support.enqueue(queries, ids);
      return support.gather(ids.subarray(0, 1));
    });
    if (round >= 0) enqueue.push(cost);
  }
  support.dispose();
  queries.dispose();
  const ratios = (of: keyof Cost): number[] => costs['nearest']!.map((cost, i) => cost[of] / costs['product']![i]![of]);
  const size = `${batch} in ${capacity} x ${dimension}`;
  return [
    ...Object.entries({ ...costs, [`enqueue of ${batch}`]: enqueue }).flatMap(([name, list]) => [
      { name: `${name}, ${size}`, value: median(list.map(({ clock }) => clock)), unit: 'ms' },
      { name: `${name}, ${size}, processor time`, value: median(list.map(({ processor }) => processor)), unit: 'ms' },
    ]),
    { name: 'nearest / product', value: median(ratios('clock')), unit: 'times' },
    { name: 'nearest / product, processor time', value: median(ratios('processor')), unit: 'times' },
    { name: 'nearest / product, processor time, least', value: Math.min(...ratios('processor')), unit: 'times' },
    { name: 'nearest / product, processor time, most', value: Math.max(...ratios('processor')), unit: 'times' },
  ];
}

/** What it costs until the first value of the result is there. */
async function measured(compute: () => tf.Tensor): Promise<Cost> {
  const [begin, used] = [performance.now(), process.cpuUsage()];
  const result = compute();
  const first = tf.tidy(() => tf.slice(result, [0, 0], [1, 1]));
  await first.data();
  const { user, system } = process.cpuUsage(used);
  const cost = { clock: performance.now() - begin, processor: (user + system) / 1000 };
  tf.dispose([result, first]);
  return cost;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}
