/** Ends a process that waits for the others too long, although its main thread is blocked inside of MPI. */
import { Worker } from 'node:worker_threads';

/** Knows when the main thread waits. */
export interface Watchdog {
  /** Runs something that may block; the process is killed if it takes too long. */
  during<T>(what: string, run: () => T): T;
  stop(): Promise<void>;
}

/** How long a wait may last, and who waits. */
export interface WatchdogOptions {
  readonly seconds: number;
  /** Stands before the message: `rank 1 of 4`. */
  readonly who: () => string;
}

const names = 64; // bytes for what is waited for and who waits, each

/**
 * A thread of its own, since a blocked main thread hears no timer. It reads a counter in shared memory, odd while the main
 * thread waits; one that stays odd and equal for `seconds` ends the process by SIGKILL, on which every launcher ends the job. MPI_Abort would need
 * a library that lets two threads call at once.
 */
export async function startWatchdog({ seconds, who }: WatchdogOptions): Promise<Watchdog> {
  const shared = new SharedArrayBuffer(8 + 2 * names);
  const beat = new Int32Array(shared, 0, 2);
  const text = new Uint8Array(shared, 8);
  const write = (place: number, value: string): void => {
    const bytes = new TextEncoder().encode(value).subarray(0, names - 1);
    text.set(bytes, place * names);
    text[place * names + bytes.length] = 0;
  };
  const worker = new Worker(source, {
    eval: true,
    workerData: { shared, seconds, names },
    execArgv: [], // no loader of the program's: this is plain JavaScript
    stdin: false,
    resourceLimits: { maxOldGenerationSizeMb: 16 },
  });
  await new Promise<void>((resolve, reject) => void worker.once('online', resolve).once('error', reject));
  worker.unref();
  return {
    during(what, run) {
      write(0, what);
      write(1, who());
      Atomics.add(beat, 0, 1);
      try {
        return run();
      } finally {
        Atomics.add(beat, 0, 1);
      }
    },
    stop: async () => void (await worker.terminate()),
  };
}

/** As text: a file of its own would have another address in the sources, in ESM and in CommonJS. */
const source = `
const { workerData: { shared, seconds, names } } = require('node:worker_threads');
const { writeSync } = require('node:fs');
const beat = new Int32Array(shared, 0, 2);
const text = (place) => {
  const bytes = Buffer.from(new Uint8Array(shared, 8 + place * names, names)); // a copy
  return bytes.toString('utf8', 0, bytes.indexOf(0));
};
let last = 0;
let since = Date.now();
setInterval(() => {
  const now = Atomics.load(beat, 0);
  if (now !== last || now % 2 === 0) {
    last = now;
    since = Date.now();
  } else if (Date.now() - since > seconds * 1000) {
    writeSync(2, text(1) + ': waited ' + seconds + ' s for the other ranks in ' + text(0) + ', so one of them hangs or is gone. Ending the job.\\n');
    process.kill(process.pid, 'SIGKILL');
  }
}, Math.min(1000, seconds * 250));
`;
