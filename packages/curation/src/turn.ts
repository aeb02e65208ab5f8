/** Lets timers, signals and promises run during long loops. */
import type { Watched } from '@kindred/evaluation';

/** Waits for one turn of the event loop, then throws the signal's reason if it has been aborted. */
export async function turn(signal: Watched['signal']): Promise<void> {
  await new Promise<void>((resolve) => timers.setTimeout(resolve));
  if (signal?.aborted) throw signal.reason;
}

/** Node and all browsers provide it, but it is not in TypeScript's library for the language itself. */
const timers = globalThis as unknown as { setTimeout(call: () => void): void };
