/** The messages for errors. */
import { KindredError } from '@kindred/core';

/** Where bugs are reported. */
const tracker = 'https://github.com/kindred/kindred/issues';

/** A user's mistake in its own words; a bug of ours in one line, with how to report it. */
export function inWords(error: unknown): string {
  if (KindredError.is(error)) return `${error.name}: ${error.message}`;
  const name = error instanceof Error ? error.name : 'Error';
  const message = (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
  return `${name}: ${message}\nThis should not have happened. Run the same command with KINDRED_DEBUG=1 for the details, and report both at ${tracker}`;
}
