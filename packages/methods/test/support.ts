/** Parts that tests share: fixed generic numbers, and formulas written as loops over numbers. */
import { random } from '@kindred/core';
import * as tf from '@tensorflow/tfjs-core';

/** `[n, d]` generic numbers of a seed. */
export function rows(seed: number, n: number, d: number): number[][] {
  const stream = random(seed);
  return Array.from({ length: n }, () => Array.from({ length: d }, () => stream.normal()));
}

export const unit = (row: readonly number[]): number[] => {
  const length = Math.hypot(...row);
  return row.map((x) => x / length);
};

export const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

/** The row of `queue` nearest to each query, by cosine. */
export const nearestByLoops = (queries: number[][], queue: number[][]): number[][] =>
  queries.map((query) => {
    const scores = queue.map((row) => dot(unit(query), unit(row)));
    return unit(queue[scores.indexOf(Math.max(...scores))]!);
  });

/** −log exp(aᵢ·pᵢ/τ) / Σₖ exp(aᵢ·pₖ/τ), mean over i: equation 2 of the NNCLR paper for one direction. */
export function rowsByLoops(anchors: number[][], positives: number[][], temperature: number): number {
  const a = anchors.map(unit);
  const p = positives.map(unit);
  const terms = a.map((row, i) => {
    const exps = p.map((other) => Math.exp(dot(row, other) / temperature));
    return -Math.log(exps[i]! / exps.reduce((sum, x) => sum + x, 0));
  });
  return terms.reduce((sum, x) => sum + x, 0) / terms.length;
}

/** NT-Xent of two views: each of the 2N picks its partner among the other 2N − 1. */
export function ntXentByLoops(z1: number[][], z2: number[][], temperature: number): number {
  const all = [...z1, ...z2].map(unit);
  const n = z1.length;
  const terms = all.map((row, i) => {
    const partner = (i + n) % (2 * n);
    const others = all.flatMap((other, j) => (j === i ? [] : [Math.exp(dot(row, other) / temperature)]));
    return Math.log(others.reduce((sum, x) => sum + x, 0)) - dot(row, all[partner]!) / temperature;
  });
  return terms.reduce((sum, x) => sum + x, 0) / terms.length;
}

export const tensor = (values: number[][]): tf.Tensor2D => tf.tensor2d(values);
