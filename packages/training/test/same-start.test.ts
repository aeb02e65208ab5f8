import { type Communicator, oneRank } from '@kindred/core';
import { expect, test } from 'vitest';
import { checkSameStart } from '../src/same-start.js';
import { onRanks } from './fake-ranks.js';
import { smallMethod, smallOptimizer } from './support.js';

/** What each of two ranks says when it begins with these facts and weights. */
const begun = (facts: (rank: number) => Record<string, string | number>, seed: (rank: number) => number = () => 1): string[] =>
  onRanks(2, (communicator: Communicator) => {
    const method = smallMethod(seed(communicator.rank));
    const optimizer = smallOptimizer(method);
    try {
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

test('other settings, data or weights are named, on every rank', () => {
  const settings = begun((rank) => ({ seed: 1, batchSize: 8 + rank, data: rank === 0 ? 'ab' : 'cd' }));
  expect(settings[0]).toMatchInlineSnapshot(`"pretrain: the ranks differ in batchSize, data. Give all of them the same options, and weights of the same seed or checkpoint."`);
  expect(settings[1]).toBe(settings[0]);
  const weights = begun(() => ({ seed: 1 }), (rank) => 1 + rank);
  expect(weights[0]).toMatchInlineSnapshot(`"pretrain: the ranks differ in weights, states of optimiser and method. Give all of them the same options, and weights of the same seed or checkpoint."`);
  expect(weights[1]).toBe(weights[0]);
});
