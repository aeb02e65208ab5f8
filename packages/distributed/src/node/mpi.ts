/** The communicator of a job started by mpirun, srun or a Kubernetes operator. */
import { cpus } from 'node:os';
import { ArgumentError, BackendError, type Communicator, StateError, type Values } from '@kindred/core';
import { bindCalls, type MpiCalls } from './calls.js';
import { FAILED, guardProcess, say } from './guard.js';
import { type Launched, launchedBy } from './launcher.js';
import { type BinaryInterface, candidates, type Koffi, loadLibrary, type MpiLibrary } from './library.js';
import { startWatchdog, type Watchdog } from './watchdog.js';

/** Options for joining a job. */
export interface OpenMpiOptions {
  /** The library's file or soname. Default: `KINDRED_MPI_LIBRARY`, or else the system's library of the launcher's family. */
  readonly library?: string | undefined;
  /**
   * Seconds that this process may wait for the others in one call before it ends the job. Choose more than one rank may spend on work of
   * its own, such as a checkpoint. 0 waits forever. Default: `KINDRED_MPI_TIMEOUT`, or else 600.
   */
  readonly timeoutSeconds?: number | undefined;
  /**
   * For how many calls, counted from the start, the ranks first check that all make the same call with the same number of values. Ranks that
   * differ would wait forever or, in Open MPI, write out of bounds. Each check costs one small message. Default: 1000.
   */
  readonly verifyCalls?: number | undefined;
  /**
   * Whether a waiting rank yields its core. That makes waiting slower if each rank has a core of its own, and far faster if ranks share cores.
   * Default: true if this machine has more ranks than cores; false with Open MPI, which yields by itself.
   */
  readonly yieldCores?: boolean | undefined;
}

/** The processes of a job, including this one. */
export interface Mpi extends Communicator {
  /** The library's binary interface. */
  readonly family: BinaryInterface['family'];
  /** The library's own description of itself: `Open MPI v4.1.4, ...`. */
  readonly library: string;
  /** Leaves the job in an orderly way once all ranks are done. Without this call the end of the process counts as a failure. Calling it twice is fine. */
  finalize(): Promise<void>;
}

/**
 * Joins the job that this process was started in; without a launcher that is a job of one process. Call it once per process, before TensorFlow
 * is loaded.
 *
 * From here until `finalize` any failure of this process ends the job: an uncaught error, an unhandled rejection, or an exit, even with
 * code 0. The rank and the reason are printed, and all processes end with a nonzero code. A rank that waits longer than `timeoutSeconds` for
 * the others ends the job too. The values passed to a call are not changed (except by `allReduce` with `overwrite`); results are new arrays
 * that belong to the caller.
 *
 * @throws BackendError if koffi or an MPI library is missing, or the library does not match the launcher.
 *
 * @example
 * const mpi: Mpi | undefined = launchedBy() ? await openMpi() : undefined;
 * mpi?.allReduce(Float32Array.of(1), 'sum'); // the number of ranks
 * await mpi?.finalize();
 */
export async function openMpi(options: OpenMpiOptions = {}): Promise<Mpi> {
  const launched = launchedBy();
  const { verifyCalls = 1000, library: named = process.env['KINDRED_MPI_LIBRARY'] } = options;
  const seconds = options.timeoutSeconds ?? Number(process.env['KINDRED_MPI_TIMEOUT'] ?? 600);
  if (!(seconds >= 0)) throw new ArgumentError('openMpi.timeoutSeconds', 'a number of seconds, 0 or more', seconds, 'Or set KINDRED_MPI_TIMEOUT.');

  // UCX (which MPICH uses) tests a hook by growing the heap by a page and shrinking it again. If V8 has placed its code right above the heap, the heap
  // cannot grow, and shrinking unmaps a page that is in use. About 7 of 300 starts crashed later, 0 of 300 with this. It must be set before the library is loaded.
  process.env['UCX_MEM_EVENTS'] ??= 'n';
  const library = loadLibrary(await importKoffi(), candidates(named, launched));
  const { yieldCores = library.abi.family !== 'Open MPI' && (launched?.local ?? 1) > cpus().length } = options;
  const calls = bindCalls(library, yieldCores);
  if (calls.initialized()) throw new StateError('openMpi', 'this process has joined its job already.', 'Pass the communicator on: MPI starts once a process.');
  let place = { rank: launched?.rank ?? 0, size: launched?.size ?? 1 };
  const who = (): string => `rank ${place.rank} of ${place.size}`;
  const watchdog = seconds > 0 ? await startWatchdog({ seconds, who }) : unwatched;
  watchdog.during('MPI_Init', () => calls.init());
  place = calls.place();
  if (launched !== undefined && launched.size !== place.size) {
    const error = anotherLibrary(library, calls.version(), place.size, launched);
    calls.finalize();
    await watchdog.stop();
    throw error;
  }
  const guardOff = launched === undefined ? (): void => undefined : guardProcess({ who: who(), abort: calls.abort });
  const communicator = makeCommunicator(calls, library.abi, place, watchdog, verifyCalls);

  return {
    ...communicator,
    family: library.abi.family,
    library: calls.version(),
    async finalize() {
      if (communicator.closed()) return;
      communicator.close();
      watchdog.during('MPI_Finalize', () => calls.finalize());
      guardOff();
      await watchdog.stop();
    },
  };
}

const unwatched: Watchdog = { during: (_, run) => run(), stop: async () => undefined };

async function importKoffi(): Promise<Koffi> {
  try {
    return await import('koffi');
  } catch (cause) {
    throw new BackendError('openMpi', 'the package koffi, which calls the MPI library, is not installed.', 'Run npm install koffi.', cause);
  }
}

/** A library that does not match the launcher sees a single process: R jobs of one process, which would overwrite each other's results. */
function anotherLibrary({ file }: MpiLibrary, version: string, size: number, launched: Launched): BackendError {
  const remedy =
    launched.by === 'Slurm'
      ? "Start it with the library's plugin, srun --mpi=pmix or --mpi=pmi2 (srun --mpi=list names them), or name another library in KINDRED_MPI_LIBRARY."
      : "Name the launcher's own library in KINDRED_MPI_LIBRARY, or start it with the library's own mpirun (Debian: mpirun.openmpi, mpirun.mpich).";
  return new BackendError('openMpi', `${launched.by} started ${launched.size} processes, ${file} (${version}) sees ${size}.`, remedy);
}

function makeCommunicator(
  calls: MpiCalls,
  abi: BinaryInterface,
  { rank, size }: { readonly rank: number; readonly size: number },
  watchdog: Watchdog,
  verifyCalls: number,
): Communicator & { close(): void; closed(): boolean } {
  let closed = false;
  let count = 0;
  const who = `rank ${rank} of ${size}`;

  /** Makes one call in which all ranks take part. */
  function collective(name: (typeof names)[number], length: number, run: () => void): void {
    if (closed) throw new StateError(`mpi.${name}`, 'the job is over for this rank.', 'Call finalize last.');
    watchdog.during(`${name} (call ${++count}, ${length} values)`, () => {
      if (count <= verifyCalls) verify(name, length);
      run();
    });
  }

  function verify(name: (typeof names)[number], length: number): void {
    const mine = Int32Array.of(names.indexOf(name), length);
    const all = new Int32Array(2 * size);
    calls.allGather(mine, all);
    for (let other = 0; other < size; other++) {
      const [call, values] = [names[all[2 * other]!]!, all[2 * other + 1]!];
      if (call === names[all[0]!] && values === all[1]) continue;
      const what = `in call ${count} rank ${other} makes ${call} of ${values} values, rank 0 ${names[all[0]!]} of ${all[1]}.`;
      throw new StateError('mpi', what, 'All ranks must make the same calls: give them the same program, settings and data.');
    }
  }

  const like = <T extends Values>(values: T, length: number): T => new (values.constructor as new (length: number) => T)(length);
  return {
    rank,
    size,
    allReduce(values, operation = 'sum', overwrite = false) {
      const result = overwrite ? values : like(values, values.length);
      collective('allReduce', values.length, () => calls.allReduce(values, result, abi[operation]));
      return result;
    },
    allGather(values) {
      const result = like(values, values.length * size);
      collective('allGather', values.length, () => calls.allGather(values, result));
      return result;
    },
    reduceScatter(values) {
      if (values.length % size !== 0) throw new ArgumentError('mpi.reduceScatter.values', `a multiple of ${size} values, the ranks`, values.length);
      const result = like(values, values.length / size);
      collective('reduceScatter', values.length, () => calls.reduceScatter(values, result));
      return result;
    },
    broadcast(values, root = 0) {
      if (!(Number.isSafeInteger(root) && root >= 0 && root < size)) throw new ArgumentError('mpi.broadcast.root', `a rank of 0..${size - 1}`, root);
      const result = values.slice() as typeof values;
      collective('broadcast', values.length, () => calls.broadcast(result, root));
      return result;
    },
    barrier: () => collective('barrier', 0, () => calls.barrier()),
    abort(reason, code = FAILED): never {
      say(who, reason);
      calls.abort(code);
      throw new StateError('mpi.abort', 'the library did not end the process.');
    },
    close: () => void (closed = true),
    closed: () => closed,
  };
}

const names = ['allReduce', 'allGather', 'reduceScatter', 'broadcast', 'barrier'] as const;
