/** Starts programs on several ranks with each launcher installed on this machine. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe } from 'vitest';
import { bundlePrograms } from '../../../tools/bundle-programs.js';

/** A launcher and its options. */
export interface Launcher {
  readonly name: 'Open MPI' | 'MPICH';
  readonly program: string;
  readonly options: readonly string[];
  readonly package: string;
}

const known: readonly Launcher[] = [
  // allow more ranks than cores, bind none to a core, and let waiting ranks yield
  { name: 'Open MPI', program: 'mpirun.openmpi', options: ['--oversubscribe', '--bind-to', 'none'], package: 'openmpi-bin' },
  { name: 'MPICH', program: 'mpirun.mpich', options: [], package: 'mpich' },
];

const present = ({ program }: Launcher): boolean => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;

/** The launchers that are installed. */
export const launchers = known.filter(present);

/** Runs the same tests with each launcher. For a missing launcher they are skipped, in a group whose name says what to install. */
export function underEach(tests: (launcher: Launcher) => void): void {
  for (const launcher of known) {
    const missing = !launchers.includes(launcher);
    const name = missing ? `${launcher.name}, which is not installed: apt-get install ${launcher.package}` : launcher.name;
    describe.skipIf(missing)(name, () => tests(launcher));
  }
}

/** How a job ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to start a job. */
export interface JobOptions {
  readonly ranks: number;
  /** A program in `test/programs`, and its arguments. */
  readonly program: readonly [name: string, ...args: string[]];
  readonly environment?: Readonly<Record<string, string>>;
  /** Called with the launcher's process once it has started. */
  readonly onStart?: (child: ChildProcess) => void;
  readonly seconds?: number;
}

const programs = join(import.meta.dirname, 'programs');
const built = new Map<string, Promise<string>>();

/** Node's arguments for running a program: one in `test/programs`, which are bundled together, or a file given by its path, which is bundled unless it is JavaScript. */
export async function nodeArguments(name: string): Promise<string[]> {
  if (name.endsWith('.mjs')) return [name];
  const own = !name.includes('/');
  const key = own ? programs : name;
  const building = built.get(key) ?? bundlePrograms(own ? (readdirSync(programs).map((file) => join(programs, file)) as [string]) : [name]);
  built.set(key, building);
  return [join(await building, basename(name).replace(/ts$/, 'mjs'))];
}

/** Runs a program on several ranks until it ends. */
export async function runJob(launcher: Launcher, { ranks, program: [name, ...args], environment, onStart, seconds = 60 }: JobOptions): Promise<Ended> {
  const child = spawn(
    launcher.program,
    ['-n', String(ranks), ...launcher.options, process.execPath, ...(await nodeArguments(name)), ...args],
    {
      env: {
        ...process.env,
        OMPI_ALLOW_RUN_AS_ROOT: '1',
        OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1',
        TF_NUM_INTRAOP_THREADS: '1',
        NO_COLOR: '1',
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const text = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (piece: string) => {
      text[stream] += piece;
    });
  }
  onStart?.(child);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${launcher.name}: the job did not end in ${seconds} s\n${text.stdout}\n${text.stderr}`));
    }, seconds * 1000);
    child.on('error', reject).on('close', (code) => {
      clearTimeout(timer);
      resolve({ code, ...text });
    });
  });
}
