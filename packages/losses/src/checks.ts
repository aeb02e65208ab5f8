/** What every loss refuses. */
import { ArgumentError, checkShapes, type PositivePairs, ShapeError } from '@kindred/core';

const sameSource = 'Take all of them after the projection head.';

/** @throws ArgumentError unless `value` is a number above 0. */
export function checkAbove0(where: string, value: number, remedy?: string): void {
  if (!(value > 0 && value < Infinity)) throw new ArgumentError(where, 'a number above 0', value, remedy);
}

/** @throws ArgumentError unless `temperature` is a number above 0. */
export function checkTemperature(where: string, temperature: number): void {
  checkAbove0(`${where}.temperature`, temperature, 'Published values run from 0.05 to 1.');
}

/** @throws ArgumentError unless every value is a number of 0 or more. */
export function checkNotNegative(where: string, values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (!(value >= 0 && value < Infinity)) throw new ArgumentError(`${where}.${name}`, 'a number of 0 or more', value);
  }
}

/** @throws ArgumentError unless `value` is one of `known`. */
export function checkOneOf(where: string, value: string, known: readonly string[]): void {
  if (!known.includes(value)) {
    throw new ArgumentError(where, `one of ${known.map((name) => `'${name}'`).join(', ')}`, value);
  }
}

/**
 * Checks anchors and positives `[N, D]`, and negatives `[K, D]`.
 *
 * @param least The least N with which the loss tells anything: InfoNCE of one row is 0, whatever the row.
 * @returns N.
 * @throws ShapeError
 */
export function checkPairs(where: string, { anchors, positives, negatives }: PositivePairs, least = 1): number {
  checkShapes(where, { anchors: [anchors, 'N D'], positives: [positives, 'N D'], negatives: [negatives, 'K D'] }, sameSource);
  const size = anchors.shape[0];
  for (const [name, tensor, enough] of [['anchors', anchors, least], ['negatives', negatives, 1]] as const) {
    if (tensor === undefined || tensor.shape[0] >= enough) continue;
    const expected = `at least ${enough} ${enough === 1 ? 'row' : 'rows'}`;
    const cure = name === 'anchors' ? 'Use larger batches.' : 'Leave negatives out where there are none.';
    throw new ShapeError(where, `${name} is [${tensor.shape.join(', ')}], expected ${expected}.`, {
      expected,
      received: tensor.shape,
      remedy: cure,
    });
  }
  return size;
}

/** Refuses negatives, for a loss that would pass them over in silence. @throws ArgumentError */
export function refuseNegatives(where: string, { negatives }: PositivePairs): void {
  if (negatives === undefined) return;
  throw new ArgumentError(`${where}.negatives`, 'none', negatives.shape, 'This loss has no use for them: take infoNCE.');
}
