/** Checks that strategies share. */
import { ArgumentError } from '@kindred/core';

/** @throws ArgumentError unless every value is a whole number of `least` or more. */
export function checkWhole(where: string, values: Readonly<Record<string, number>>, least: number): void {
  for (const [name, value] of Object.entries(values)) {
    if (!Number.isSafeInteger(value) || value < least) throw new ArgumentError(`${where}.${name}`, `a whole number of ${least} or more`, value);
  }
}
