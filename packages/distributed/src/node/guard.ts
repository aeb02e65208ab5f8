/** Ends the whole job when one of its processes ends early. */
import { writeSync } from 'node:fs';

/** What the guard needs to know about the job. */
export interface GuardedJob {
  /** Prefix of each message: `rank 1 of 4`. */
  readonly who: string;
  /** Ends all processes of the job. */
  abort(code: number): void;
}

/** EX_SOFTWARE from sysexits.h: a rank threw, or exited before the job was over. */
export const FAILED = 70;

/**
 * Ends the job whenever this process ends in a way that JavaScript can observe: an uncaught error, an unhandled rejection,
 * or `exit` before the job is over, even with code 0 (which MPICH's launcher would report as success). If the process is
 * killed, the launcher notices.
 *
 * @returns A function that removes the guard once the job is over.
 */
export function guardProcess({ who, abort }: GuardedJob): () => void {
  const failed = (error: unknown): void => {
    say(who, error instanceof Error ? (error.stack ?? String(error)) : String(error));
    abort(FAILED);
  };
  const left = (code: number): void => {
    say(who, `left with exit code ${code} before the end of the job. Ending it.`);
    abort(code === 0 ? FAILED : code);
  };
  const handlers = [['uncaughtException', failed], ['unhandledRejection', failed], ['exit', left]] as const;
  for (const [event, handler] of handlers) process.on(event, handler as never);
  return () => {
    for (const [event, handler] of handlers) process.off(event, handler as never);
  };
}

/** Prints synchronously, since a process about to end flushes no streams, then waits for the launcher to read: MPICH's launcher drops unread output. */
export function say(who: string, what: string): void {
  try {
    writeSync(2, `${who}: ${what}\n`);
  } catch {
    return; // nobody is listening any more
  }
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
}
