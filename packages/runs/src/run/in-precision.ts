/** A precision for the length of a run. */
import { currentPrecision, type precisions, usePrecision, useTensorFlow } from '@kindred/tensorflow';

/** Does `work` in a precision, and goes back to the one before; in that one where none is asked for. */
export async function inPrecision<T>(precision: (typeof precisions)[number] | undefined, work: () => Promise<T>): Promise<T> {
  await useTensorFlow({ quiet: true });
  const before = currentPrecision();
  if (precision !== undefined) usePrecision(precision);
  try {
    return await work();
  } finally {
    usePrecision(before);
  }
}
