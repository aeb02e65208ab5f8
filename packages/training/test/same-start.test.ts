import { type Communicator, flattenParameters, oneRank } from '@kindred/core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { checkSameStart } from '../src/same-start.js';
import { onRanks } from './fake-ranks.js';
import { smallMethod, smallOptimizer } from './support.js';

/** What each of two ranks says when it begins with these facts and weights. */
const begun = (facts: (rank: number) => Record<string, string | number>, seed: (rank: number) => number = () => 1, steps: (rank: number) => number = () => 0): string[] =>
  onRanks(2, (communicator: Communicator) => {
    const method = smallMethod(seed(communicator.rank));
    const optimizer = smallOptimizer(method);
    try {
      // at a rate of 0: the weights stay, the momentum moves
      const ones = (): Record<string, tf.Tensor> => Object.fromEntries(Object.entries(flattenParameters(method.parameters())).map(([name, { shape }]) => [name, tf.ones(shape)]));
      for (let step = 0; step < steps(communicator.rank); step++) tf.tidy(() => optimizer.step(ones(), 0));
      checkSameStart(communicator, facts(communicator.rank), method, optimizer);
      return 'begins';
    } catch (error) {
      if ((error as Error).name === 'StateError') return (error as Error).message;
      throw error;
    } finally {
      optimizer.dispose();
      method.dispose();
    }
  });

test('ranks that are alike begin; a rank alone does not even look', () => {
  expect(begun(() => ({ seed: 1, batchSize: 8 }))).toEqual(['begins', 'begins']);
  checkSameStart(oneRank(), {}, undefined as never, undefined as never);
});

test('other settings, data or weights are refused by the first that differs, on every rank', () => {
  const settings = begun((rank) => ({ seed: 1, batchSize: 8 + rank, data: rank === 0 ? 'ab' : 'cd' }));
  expect(settings[0]).toMatchInlineSnapshot(`"pretrain: rank 1 has batchSize 9, rank 0 has batchSize 8. Start all ranks with the same program, settings and data."`);
  expect(settings[1]).toBe(settings[0]);
  const weights = begun(() => ({ seed: 1 }), (rank) => 1 + rank);
  expect(weights[0]).toMatch(/^pretrain: rank 1 has weights [0-9a-f]{16}, rank 0 has weights [0-9a-f]{16}\. Start all ranks/);
  expect(weights[1]).toBe(weights[0]);
  const states = begun(() => ({ seed: 1 }), () => 1, (rank) => rank);
  expect(states[0]).toMatch(/^pretrain: rank 1 has states of optimiser and method [0-9a-f]{16}, rank 0 has /);
});
