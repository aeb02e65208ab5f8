/** A process of a job that ends without the others ends them too. */
import { writeSync } from 'node:fs';

/** What a guard knows of the job. */
export interface GuardedJob {
  /** Stands before each message: `rank 1 of 4`. */
  readonly who: string;
  /** Ends all processes. */
  abort(code: number): void;
}

/** EX_SOFTWARE of sysexits.h: a rank threw, or left before the end. */
export const FAILED = 70;

/**
 * Turns every end of this process that JavaScript hears of into the end of the job: an uncaught error, a rejection nobody handled,
 * and `exit` before the job is over, with code 0 too (MPICH's launcher would report success). A process that is killed is the
 * launcher's to notice.
 *
 * @returns Takes the guard off, once the job is over.
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

/** Prints at once, since a process about to end flushes no stream, and leaves the launcher the time to read it: MPICH's drops what it has not. */
export function say(who: string, what: string): void {
  try {
    writeSync(2, `${who}: ${what}\n`);
  } catch {
    return; // nobody listens any more
  }
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
}
