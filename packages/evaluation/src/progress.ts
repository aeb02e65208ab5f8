/** What long evaluations share: they report progress, can be cancelled, and yield to other work. */

/** How long work is watched and cancelled. */
export interface Watched {
  /** Called between blocks of work. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** An `AbortSignal`. Once aborted, the work stops at the next block and throws the signal's reason. */
  readonly signal?: Cancellation | undefined;
}

/** The part of an `AbortSignal` that is used. */
export interface Cancellation {
  readonly aborted: boolean;
  readonly reason?: unknown;
}

/**
 * Lets timers, signals and other promises run: an engine computes within the call, and its `data()` resolves without
 * a turn of the event loop. Then throws if cancelled.
 */
export async function turn(signal: Cancellation | undefined): Promise<void> {
  await new Promise<void>((resolve) => timers.setTimeout(resolve));
  if (signal?.aborted) throw signal.reason;
}

/** Node and every browser have it, the language's own library does not. */
const timers = globalThis as unknown as { setTimeout(call: () => void): void };
