/** Argument checks shared by all losses. */
import { ArgumentError, checkShapes, type PositivePairs, type ShapeClaim, ShapeError } from '@kindred/core';

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

/** What a loss requires of its pairs. */
export interface PairClaims {
  /** The smallest N from which the loss can learn, 1 by default: InfoNCE of one row is 0, whatever the row. */
  readonly least?: number;
  /** What it uses besides anchors and positives; anything else is refused, not silently ignored. */
  readonly takes?: readonly ('negatives' | 'ownNegatives' | 'furtherViews')[];
  /** The axes of anchors and positives in messages, `N D` by default. */
  readonly axes?: 'N D' | 'N K';
  /** What to do about shapes that do not fit. */
  readonly remedy?: string;
}

/**
 * Checks anchors, positives and further views `[N, D]`, negatives `[K, D]` and own negatives `[N, k, D]`.
 *
 * @returns N.
 * @throws ShapeError, ArgumentError for what the loss does not take.
 */
export function checkPairs(where: string, pairs: PositivePairs, claims: PairClaims = {}): number {
  const { anchors, positives, negatives, ownNegatives, furtherViews = [] } = pairs;
  const { least = 1, takes = [], axes = 'N D', remedy = sameSource } = claims;
  const further = furtherViews.map((view, i): [string, ShapeClaim] => [`furtherViews[${i}]`, [view, axes]]);
  const claimed = { anchors: [anchors, axes], positives: [positives, axes], ...Object.fromEntries(further), negatives: [negatives, 'K D'], ownNegatives: [ownNegatives, 'N k D'] } as const;
  checkShapes(where, claimed, remedy);
  const size = anchors.shape[0];
  for (const [name, shape, enough] of [['anchors', anchors.shape, least], ['negatives', negatives?.shape, 1], ['ownNegatives', ownNegatives?.shape.slice(1), 1]] as const) {
    if (shape === undefined || shape[0]! >= enough) continue;
    const expected = `at least ${enough} ${enough === 1 ? 'row' : 'rows'}`;
    const cure = name === 'anchors' ? 'Use larger batches.' : 'Leave negatives out if there are none.';
    const received = pairs[name]!.shape;
    throw new ShapeError(where, `${name} is [${received.join(', ')}], expected ${expected}.`, {
      expected,
      received,
      remedy: cure,
    });
  }
  for (const name of ['negatives', 'ownNegatives'] as const) {
    if (pairs[name] === undefined || takes.includes(name)) continue;
    throw new ArgumentError(`${where}.${name}`, 'none', pairs[name].shape, 'This loss has no use for them: take infoNCE.');
  }
  if (furtherViews.length > 0 && !takes.includes('furtherViews')) {
    throw new ArgumentError(`${where}.furtherViews`, 'none', furtherViews.length, "This loss compares two views: pair them by otherView with directions 'both' or 'once'.");
  }
  return size;
}

/** What the rows of pairs are: two views of each sample, or one set of labelled rows. */
export type RowsOf = 'pairs' | 'one set';

/**
 * Checks that pairs are one set of rows: one tensor as anchors and as positives, with labels.
 *
 * @throws ArgumentError
 */
export function checkOneSet(where: string, { anchors, positives, furtherViews = [], labels }: PositivePairs): void {
  const other = positives !== anchors ? 'positives' : furtherViews.length > 0 ? 'furtherViews' : undefined;
  if (other !== undefined) {
    throw new ArgumentError(`${where}.${other}`, "the anchors themselves, as rows is 'one set'", 'other rows', "Give one tensor as both, or take rows: 'pairs'.");
  }
  if (labels === undefined) throw new ArgumentError(`${where}.labels`, "the class of each row, as rows is 'one set'", labels, 'Take a strategy that passes labels on.');
}
