/** Argument checks shared by all packages. */
import { ArgumentError } from './errors.js';

/**
 * Checks that a value, or each of several by name, is a whole number of `least` or more.
 *
 * @throws ArgumentError for the first that is not.
 *
 * @example
 * checkWhole('batches.batchSize', 256, 1);
 * checkWhole('kMeans', { clusters: 10, restarts: 3 }, 1);
 */
export function checkWhole(
  where: string,
  value: number | undefined | Readonly<Record<string, number | undefined>>,
  least: number,
  remedy?: string,
): void {
  if (typeof value === 'object' && value !== null) {
    for (const [name, each] of Object.entries(value)) checkWhole(`${where}.${name}`, each, least, remedy);
    return;
  }
  if (Number.isSafeInteger(value) && value! >= least) return;
  throw new ArgumentError(where, least === 1 ? 'a whole number above 0' : `a whole number of ${least} or more`, value, remedy);
}
