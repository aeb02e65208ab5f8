/** The communicator of a job that mpirun, srun or an operator of Kubernetes started. */
import { cpus } from 'node:os';
import { ArgumentError, BackendError, type Communicator, StateError, type Values } from '@kindred/core';
import { bindCalls, type MpiCalls } from './calls.js';
import { FAILED, guardProcess, say } from './guard.js';
import { type Launched, launchedBy } from './launcher.js';
import { type BinaryInterface, candidates, type Koffi, loadLibrary, type MpiLibrary } from './library.js';
import { startWatchdog, type Watchdog } from './watchdog.js';

/** How a job is joined. */
export interface OpenMpiOptions {
  /** The library's file or soname. Default: `KINDRED_MPI_LIBRARY`, or else the launcher's family as the system finds it. */
  readonly library?: string | undefined;
  /**
   * Seconds that this process may wait for the others in one call before it ends the job. Longer than what one rank may do alone, a
   * checkpoint for instance. 0 waits for ever. Default: `KINDRED_MPI_TIMEOUT`, or else 600.
   */
  readonly timeoutSeconds?: number | undefined;
  /**
   * How many calls at the start are compared over the ranks before they are made: which call, how many values. Two ranks that differ in these
   * would wait for ever, or write beyond their memory in Open MPI. Costs one small message a call. Default: 1000.
   */
  readonly verifyCalls?: number | undefined;
  /**
   * Whether a rank that waits gives its core away. Waiting is quicker without if each rank has a core of its own, and slower by far if not. Default:
   * whether this machine has more ranks than cores; with Open MPI false, which sees to that itself.
   */
  readonly yieldCores?: boolean | undefined;
}

/** The processes of a job, this one among them. */
export interface Mpi extends Communicator {
  /** Which binary interface the library has. */
  readonly family: BinaryInterface['family'];
  /** What the library says it is: `Open MPI v4.1.4, ...`. */
  readonly library: string;
  /** Leaves the job in order, once all ranks are done. Without it the end of the process counts as a failure. Twice is fine. */
  finalize(): Promise<void>;
}

/**
 * Joins the job that this process was started in; without a launcher it is a job of one. Call it once a process, before TensorFlow is loaded.
 *
 * From here on to `finalize` a failure of this process ends the job: an error that nobody catches, a rejection that nobody handles, an
 * exit, with 0 too. It prints rank and reason, and all processes end with a code that is not 0. A rank that waits longer than `timeoutSeconds`
 * for the others ends the job likewise. Values given to a call are not changed (save in
 * `allReduce` with `overwrite`); what comes back is new, and the caller's.
 *
 * @throws BackendError where koffi or an MPI library is missing, or the library is not the launcher's.
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

  // UCX (beneath MPICH) tests a hook by taking a page of the heap and giving it back. V8 puts its code right above the heap: then the page cannot be
  // taken, and what is given back is in use. 7 of some 300 starts crashed later; 0 of 300 with this. It must be set before the library is loaded.
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

/** A library of another family than the launcher's sees one process in each: R jobs of one, which overwrite each other's results. */
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

  /** One call that all ranks make. */
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
