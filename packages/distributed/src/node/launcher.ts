/** Who started this process, read from environment variables before any library is loaded. */

/** What a launcher says about the processes it started. */
export interface Launched {
  /** The launcher whose variables were found. Slurm can launch programs for several libraries. */
  readonly by: 'Open MPI' | 'MPICH' | 'Slurm';
  /** This process's rank, from 0. */
  readonly rank: number;
  /** The number of processes. */
  readonly size: number;
  /** How many of them run on this machine; all of them if the launcher does not say. */
  readonly local: number;
}

const variables = [
  ['Open MPI', 'OMPI_COMM_WORLD_RANK', 'OMPI_COMM_WORLD_SIZE', 'OMPI_COMM_WORLD_LOCAL_SIZE'],
  ['MPICH', 'PMI_RANK', 'PMI_SIZE', 'MPI_LOCALNRANKS'], // MPICH's hydra, Intel MPI, and Slurm's pmi2
  ['Slurm', 'SLURM_PROCID', 'SLURM_STEP_NUM_TASKS', 'SLURM_STEP_TASKS_PER_NODE'], // a step started by srun; the batch script itself has no SLURM_STEP_NUM_TASKS
] as const;

/**
 * What `mpirun` or `srun` says about this process; undefined if neither started it.
 *
 * @param environment The process's variables.
 *
 * @example
 * launchedBy({ OMPI_COMM_WORLD_RANK: '1', OMPI_COMM_WORLD_SIZE: '4' }); // => { by: 'Open MPI', rank: 1, size: 4, local: 4 }
 * launchedBy({}); // => undefined
 */
export function launchedBy(environment: Readonly<Record<string, string | undefined>> = process.env): Launched | undefined {
  for (const [by, rankName, sizeName, localName] of variables) {
    const [rank, size] = [Number(environment[rankName] ?? NaN), Number(environment[sizeName] ?? NaN)];
    if (!(Number.isSafeInteger(rank) && Number.isSafeInteger(size) && size > 0)) continue;
    // Slurm writes 2(x3),1 for three machines with two processes and one with a single process
    const local = Number.parseInt(environment[localName] ?? environment['SLURM_STEP_TASKS_PER_NODE'] ?? '', 10);
    return { by, rank, size, local: local > 0 ? local : size };
  }
  return undefined;
}
