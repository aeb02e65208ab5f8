/** Ends a process that has waited too long for the others, even while its main thread is blocked inside MPI. */
import { Worker } from 'node:worker_threads';

/** Watches the main thread's waits. */
export interface Watchdog {
  /** Runs a function that may block; the process is killed if it takes too long. */
  during<T>(what: string, run: () => T): T;
  stop(): Promise<void>;
}

/** How long a wait may last, and who is waiting. */
export interface WatchdogOptions {
  readonly seconds: number;
  /** Prefix of the message: `rank 1 of 4`. */
  readonly who: () => string;
}

const names = 64; // bytes for each of two texts: what is waited for, and who is waiting

/**
 * Runs in a thread of its own, since timers do not fire while the main thread is blocked. It reads a counter in shared memory that is odd while
 * the main thread waits; if the counter stays at the same odd value for `seconds`, the process is ended by SIGKILL, and every launcher then ends the
 * job. MPI_Abort would need a library that allows calls from two threads at once.
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
    execArgv: [], // without the program's loaders: this is plain JavaScript
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

/** Kept as text: a separate file would be at a different path in the sources, in the ESM build and in the CommonJS build. */
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
