/** Starts a program as several ranks on this machine, using the installed launcher. */
import { spawn, spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { BackendError, checkWhole } from '@kindred/core';

/** What to start. */
export interface StartRanksOptions {
  readonly ranks: number;
  /** The program and its arguments, the same for all ranks. */
  readonly command: readonly [program: string, ...parameters: string[]];
  /** Threads per rank. Default: the cores available to this process, divided among the ranks. */
  readonly threads?: number | undefined;
  /** The launcher. Default: `KINDRED_MPIRUN`, or else the first that is installed of `mpirun`, `mpirun.openmpi` and `mpirun.mpich`. */
  readonly launcher?: string | undefined;
}

/**
 * Has the launcher start the processes, forwards SIGINT and SIGTERM to it, and returns its exit code, which is nonzero if a rank failed. The
 * ranks write to this process's output.
 *
 * @throws BackendError if no launcher is installed. @throws ArgumentError for numbers out of range.
 *
 * @example
 * const twice = () => startRanks({ ranks: 2, command: [process.execPath, 'train.js'] });
 */
export async function startRanks(options: StartRanksOptions): Promise<number> {
  const { ranks, command, launcher: named = process.env['KINDRED_MPIRUN'] } = options;
  checkWhole('startRanks', { ranks }, 1);
  const { threads = Math.max(1, Math.floor(availableParallelism() / ranks)) } = options;
  checkWhole('startRanks', { threads }, 1);
  const { program, openMpi } = findLauncher(named === undefined ? ['mpirun', 'mpirun.openmpi', 'mpirun.mpich'] : [named]);
  // Open MPI limits ranks to its slots and binds them to cores; here the number of threads is set, and the system's scheduler places them
  const placing = openMpi ? ['--oversubscribe', '--bind-to', 'none'] : [];
  const root = openMpi && process.getuid?.() === 0 ? { OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1' } : {};
  const child = spawn(program, ['-n', String(ranks), ...placing, ...command], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...root, TF_NUM_INTRAOP_THREADS: String(threads) },
  });
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const passOn = (signal: NodeJS.Signals): void => void child.kill(signal);
  for (const signal of signals) process.on(signal, passOn);
  try {
    return await new Promise<number>((resolve, reject) => void child.on('error', reject).on('close', (code) => resolve(code ?? 1)));
  } finally {
    for (const signal of signals) process.off(signal, passOn);
  }
}

function findLauncher(programs: readonly string[]): { readonly program: string; readonly openMpi: boolean } {
  for (const program of programs) {
    const { status, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
    if (status === 0) return { program, openMpi: stdout.includes('Open MPI') || stdout.includes('PRRTE') };
  }
  throw new BackendError('startRanks', `no launcher was found, tried ${programs.join(', ')}.`, 'Install one (Debian: apt-get install openmpi-bin, or mpich), or name it in KINDRED_MPIRUN.');
}
