/** Checks of options. */
import { ArgumentError } from '@kindred/core';

/** Refuses what is not a finite number of `minimum` or above. */
export function checkAtLeast(where: string, value: number, minimum: number): void {
  if (!(Number.isFinite(value) && value >= minimum)) throw new ArgumentError(where, `a finite number, ${minimum} or above`, value);
}

/** Refuses what is not a finite number above 0. */
export function checkPositive(where: string, value: number): void {
  if (!(Number.isFinite(value) && value > 0)) throw new ArgumentError(where, 'a finite number above 0', value);
}

/** Refuses what is not in [0, 1). */
export function checkShare(where: string, value: number): void {
  if (!(value >= 0 && value < 1)) throw new ArgumentError(where, 'a number in [0, 1)', value, 'It is the share that is kept each step.');
}

/** Refuses a word that is not in the list. */
export function checkOneOf(where: string, value: string, known: readonly string[]): void {
  if (!known.includes(value)) throw new ArgumentError(where, known.map((word) => `'${word}'`).join(' or '), value);
}
