/** A set-up without network, Python and compiler: a tiny recipe, and commands that play their parts. */
import { createHash } from 'node:crypto';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Commands, Finished } from '../../src/setup/commands.js';
import { LIBRARIES, type Recipe } from '../../src/setup/recipe.js';
import { bindingSources } from '../../src/setup/sources.js';
import type { SetUpParts } from '../../src/setup/set-up.js';
import { zip } from './wheel.js';

const files = [...LIBRARIES, 'include/tensorflow/c/c_api.h'];

export const wheel = zip({
  ...Object.fromEntries(files.map((name) => [`tensorflow/${name}`, `content of ${name}`])),
  'tensorflow/python/not_wanted.py': 'print()',
});

export const recipe: Recipe = {
  device: 'CPU',
  package: 'tiny',
  version: '1.0.0',
  sha256: createHash('sha256').update(wheel).digest('hex'),
  bytes: wheel.length,
  disk: 0,
  files,
  beside: [],
};

export type Step = 'download' | 'compile' | 'check';

export interface Behaviour {
  /** Programs that exist. Default: `python3` with pip, and `g++`. */
  readonly programs?: readonly ('python3' | 'pip' | 'g++' | 'clang++')[];
  /** What the index serves. */
  readonly served?: Buffer;
  /** How a step fails: its output, or an error of the file system. */
  readonly fails?: Partial<Record<Step, string | Error>>;
  /** Kills this process in the middle of a step. */
  readonly diesAt?: Step;
  /** Milliseconds that the download takes. */
  readonly delay?: number;
  /** A file that gets a line for each step. */
  readonly log?: string;
}

const ok = (output = ''): Finished => ({ code: 0, output, missing: false });
const failed = (output: string): Finished => ({ code: 1, output, missing: false });
const missing: Finished = { code: null, output: '', missing: true };

/** Commands that write what the real ones would, and the names of the steps they took. */
export function fakeCommands({ programs = ['python3', 'pip', 'g++'], ...behaviour }: Behaviour = {}): Commands & { steps: Step[] } {
  const steps: Step[] = [];
  const step = async (name: Step, file: string | undefined, content: Buffer): Promise<Finished> => {
    steps.push(name);
    if (behaviour.log) appendFileSync(behaviour.log, `${process.pid} ${name}\n`);
    if (behaviour.diesAt === name) {
      if (file) writeFileSync(file, content.subarray(0, content.length / 2));
      process.kill(process.pid, 'SIGKILL');
    }
    if (name === 'download') await sleep(behaviour.delay ?? 0);
    const failure = behaviour.fails?.[name];
    if (failure instanceof Error) throw failure;
    if (failure !== undefined) return failed(failure);
    if (file) writeFileSync(file, content);
    return ok('TensorFlow 1.0.0');
  };
  const run = (program: string, args: readonly string[]): Promise<Finished> | Finished => {
    const after = (flag: string): string => args[args.indexOf(flag) + 1]!;
    if (program === process.execPath) return step('check', undefined, wheel);
    if (!programs.includes(program as 'g++')) return missing;
    if (args.includes('ziglang')) return failed('No module named ziglang');
    if (args.includes('pip') && !programs.includes('pip')) return failed('No module named pip');
    if (args.includes('--version')) return ok('1.0');
    if (args.includes('download')) return step('download', join(after('-d'), 'tiny-1.0.0-cp312-cp312-linux.whl'), behaviour.served ?? wheel);
    return step('compile', after('-o'), Buffer.from('an addon'));
  };
  return { steps, run: async (program, args) => run(program, args) };
}

/** All parts of a set-up in `cache`. */
export function fakeParts(cache: string, commands: Commands, changes: Partial<SetUpParts> = {}): SetUpParts {
  return { recipe, commands, cache, sources: bindingSources(), progress: () => undefined, stale: 2000, ...changes };
}
