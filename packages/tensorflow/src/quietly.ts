/** Silences what the TensorFlow library prints while it loads: it writes to the file descriptor, past Node. */
import { closeSync, openSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

/**
 * Runs `work` with standard error redirected to `/dev/null`. If standard error cannot be reopened (a socket, another
 * system) the lines are printed; also in a worker, at whose end Node would close the descriptor for the whole process.
 */
export function quietly<T>(work: () => T): T {
  if (!isMainThread) return work();
  let saved: number;
  try {
    saved = openSync('/proc/self/fd/2', 'a');
  } catch {
    return work();
  }
  closeSync(2);
  openSync('/dev/null', 'w'); // takes descriptor 2, the lowest that is free
  try {
    return work();
  } finally {
    closeSync(2);
    openSync(`/proc/self/fd/${saved}`, 'a');
    closeSync(saved);
  }
}
