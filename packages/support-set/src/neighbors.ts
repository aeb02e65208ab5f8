/** Combines the neighbours found into one row of length 1. */
import { l2Normalize } from '@kindred/core';
import { gather, mul, reshape, sum, type Tensor2D, tensor1d, tensor3d } from '@tensorflow/tfjs-core';
import type { Neighbors, SearchResult } from './contract.js';

/** @returns `[N, D]`. */
export function mixNeighbors(rows: Tensor2D, { k, indices, similarities }: SearchResult, neighbors: Neighbors): Tensor2D {
  const found = gather(rows, tensor1d(indices, 'int32')); // [N·k, D]
  if (neighbors.kind === 'top-1') return found;
  const count = indices.length / k;
  const weights = new Float32Array(indices.length).fill(1 / k);
  if (neighbors.kind === 'soft') {
    for (let i = 0; i < indices.length; i += k) {
      // nearest first, so that the largest is the first: no exponential overflows
      const terms = similarities.subarray(i, i + k).map((s) => Math.exp((s - similarities[i]!) / neighbors.temperature));
      const total = terms.reduce((all, term) => all + term, 0);
      terms.forEach((term, j) => (weights[i + j] = term / total));
    }
  }
  return l2Normalize(sum(mul(reshape(found, [count, k, rows.shape[1]]), tensor3d(weights, [count, k, 1])), 1) as Tensor2D);
}
