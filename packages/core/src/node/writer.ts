/** Identifies the process that writes, so that others can tell what a dead process left from what a living one is writing. */
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** How a process marks what it writes. */
export interface Writer {
  /** The machine by name, for people. */
  readonly host: string;
  readonly pid: number;
  /** Machine, process and when it started, fit for a file's name: `1f0c9a3b-4711-2c8f`. */
  readonly mark: string;
}

const attempt = (read: () => string): string => {
  try {
    return read();
  } catch {
    return '';
  }
};
const short = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8);

/** Processes are numbered once for each start of a machine, and for each container in it. */
const here = short(
  [
    hostname(),
    attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')),
    attempt(() => readlinkSync('/proc/self/ns/pid')),
  ].join('\n'),
);

/** When a process started, in ticks since the machine did. Known on Linux only, '0' elsewhere: a number may be used again. */
function startOf(pid: number): string {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  // the second field is the program's name in brackets, which may hold anything
  const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  return ticks === undefined ? '0' : Number(ticks).toString(36);
}

/**
 * This process.
 *
 * @example
 * isAlive(thisWriter().mark); // => true
 */
export const thisWriter = (): Writer => ({ host: hostname(), pid: process.pid, mark: `${here}-${process.pid}-${startOf(process.pid)}` });

/**
 * Whether the process behind a mark still runs; undefined if it belongs to another machine or container, or is no mark at all.
 *
 * @example
 * isAlive('no mark') === undefined; // => true
 */
export function isAlive(mark: string): boolean | undefined {
  const [machine, pid, start] = /^([0-9a-f]{8})-(\d+)-([0-9a-z]+)$/.exec(mark)?.slice(1) ?? [];
  if (machine !== here) return undefined;
  try {
    process.kill(Number(pid), 0); // asks, and sends nothing
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return start === '0' || startOf(Number(pid)) === start;
}
