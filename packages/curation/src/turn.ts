/** Lets timers, signals and other promises run during long loops. */
import type { Watched } from '@kindred/evaluation';

/** Waits for a turn of the event loop, then throws the signal's reason if it is aborted. */
export async function turn(signal: Watched['signal']): Promise<void> {
  await new Promise<void>((resolve) => timers.setTimeout(resolve));
  if (signal?.aborted) throw signal.reason;
}

/** Node and every browser have it, the language's own library does not. */
const timers = globalThis as unknown as { setTimeout(call: () => void): void };
