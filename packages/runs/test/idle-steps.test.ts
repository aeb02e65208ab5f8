import { expect, test } from 'vitest';
import { idleSteps } from '../src/run/idle-steps.js';

/** What is said of such losses. */
const said = (losses: readonly number[]): string[] => {
  const texts: string[] = [];
  const watch = idleSteps((text) => texts.push(text));
  losses.forEach(watch);
  return texts;
};
const every = (zeroEvery: number, count: number): number[] => Array.from({ length: count }, (_, i) => (i % zeroEvery === 0 ? 0 : 0.3));

test('a tenth of steps with a loss of exactly 0 is worth a warning, once', () => {
  expect(said(every(10, 400))).toMatchInlineSnapshot(`
    [
      "2 of the last 20 steps had a loss of exactly 0 and taught nothing: their batches held no triplet, or all were satisfied. Take larger batches, so that each holds several classes and several images of a class, or a larger or a soft margin.",
    ]
  `);
  expect(said(every(3, 400))).toHaveLength(1);
  expect(said(new Array<number>(400).fill(0))).toHaveLength(1);
});

test('few of them are not, and neither are the first steps or small losses', () => {
  expect(said(every(15, 400).slice(1))).toEqual([]);
  expect(said(every(2, 19))).toEqual([]);
  expect(said(new Array<number>(400).fill(1e-30))).toEqual([]);
});

test('a run that becomes idle late is noticed', () => {
  expect(said([...new Array<number>(1000).fill(1), ...every(2, 40)])).toHaveLength(1);
});
