/** One set-up of an engine at a time, across processes: a lock with a heartbeat, taken over from a process that died. */
import { setTimeout as sleep } from 'node:timers/promises';
import { BackendError } from '@kindred/core';
import lockfile from 'proper-lockfile';

export interface LockOptions<T> {
  /** The product, if another process has made it by now. */
  ready(): T | undefined;
  /** Called once if another process holds the lock. */
  waiting(): void;
  /** Milliseconds without a sign of life after which an owner counts as dead; at least 2000. */
  readonly stale: number;
}

/**
 * Runs `work` while holding the lock `path`. While another process holds it, `ready` is asked from time to time, and what it
 * finds is the answer.
 */
export async function withLock<T>(
  path: string,
  { ready, waiting, stale }: LockOptions<T>,
  work: () => Promise<T>,
): Promise<T> {
  let said = false;
  let lost: Error | undefined;
  const acquire = (): Promise<(() => Promise<void>) | undefined> =>
    lockfile
      .lock(path, { lockfilePath: path, realpath: false, stale, update: stale / 5, onCompromised: (error) => (lost = error) })
      .catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ELOCKED') return undefined;
        throw error;
      });
  for (;;) {
    const release = await acquire();
    if (release) {
      try {
        const result = ready() ?? (await work());
        // Another process took us for dead (a laptop that slept) and took over. Each worked in its own folder
        if (lost && !ready()) throw new BackendError('setUpTensorFlow', 'another set-up took over the lock.', 'Run the set-up again.', lost);
        return result;
      } finally {
        await release().catch(() => undefined);
      }
    }
    if (!said) waiting();
    said = true;
    await sleep(500);
    const found = ready();
    if (found !== undefined) return found;
  }
}
