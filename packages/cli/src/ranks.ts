/** Commands on several ranks: joining the job that mpirun or srun started, and starting one. */
import { availableParallelism, cpus } from 'node:os';
import { type Communicator, oneRank } from '@kindred/core';
import { launchedBy, openMpi, startRanks } from '@kindred/distributed/node';
import { consola } from 'consola';

/** A command's place in its job. */
export interface Job {
  readonly communicator: Communicator;
  /** Whether this rank prints to the user: rank 0 does. */
  readonly first: boolean;
  /** Leaves the job in an orderly way. A command that ends without it has failed, and ends all ranks. */
  leave(): Promise<void>;
}

/**
 * Joins the job that this process was started in, if any, before TensorFlow comes up, whose threads are this rank's share of the machine. Ranks other than
 * the first print only errors.
 *
 * @throws BackendError for a library that is not there or not the launcher's.
 */
export async function joinJob(): Promise<Job> {
  const launched = launchedBy();
  if (launched === undefined) return { communicator: oneRank(), first: true, leave: () => Promise.resolve() };
  const { rank, size, local } = launched;
  const cores = availableParallelism(); // those that the launcher leaves to this rank
  if (cores * local < cpus().length) {
    if (rank === 0) consola.warn(`the launcher binds each rank to ${cores} of ${cpus().length} cores. Give mpirun --bind-to none.`);
    process.env['TF_NUM_INTRAOP_THREADS'] ??= String(cores);
  } else process.env['TF_NUM_INTRAOP_THREADS'] ??= String(Math.max(1, Math.floor(cores / local)));
  if (rank !== 0) {
    consola.level = 0;
    consola.setReporters(consola.options.reporters.map(({ log }) => ({ log: (line, context) => log({ ...line, tag: `rank ${rank}` }, context) })));
  }
  const mpi = await openMpi();
  if (rank === 0) consola.info(`${size} ranks, ${mpi.library}`);
  return { communicator: mpi, first: rank === 0, leave: () => mpi.finalize() };
}

/**
 * Starts the same command again as several ranks on this machine, without its `--ranks`.
 *
 * @returns The launcher's exit code.
 */
export function startSelf(ranks: number): Promise<number> {
  const parameters = process.argv.slice(1);
  const at = parameters.findIndex((each) => /^--ranks(=|$)/.test(each));
  if (at >= 0) parameters.splice(at, parameters[at] === '--ranks' ? 2 : 1);
  return startRanks({ ranks, command: [process.execPath, ...process.execArgv, ...parameters] });
}
