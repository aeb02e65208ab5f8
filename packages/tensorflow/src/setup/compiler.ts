/** A C++17 compiler for the addon. */
import { join } from 'node:path';
import { BackendError } from '@kindred/core';
import { type Commands, lastLines } from './commands.js';
import { LIBRARIES } from './recipe.js';
import type { BindingSources } from './sources.js';

/** What to do if there is no compiler. */
export const COMPILER_REMEDY =
  'Install one: on Debian or Ubuntu `apt-get install -y g++`, without root `python3 -m pip install ziglang`. Or name one: CXX=/path/to/g++.';

type Compiler = readonly [program: string, ...args: string[]];

/** In order of preference. zig is a compiler that pip installs; it targets the oldest C library that the wheel runs on. */
function compilers(environment: NodeJS.ProcessEnv): Compiler[] {
  const zig = ['-m', 'ziglang', 'c++', '-target', 'x86_64-linux-gnu.2.27'];
  const named = environment['CXX'];
  return [...(named ? [[named] as const] : []), ['g++'], ['clang++'], [environment['PYTHON'] || 'python3', ...zig]];
}

/** The first compiler that answers, or undefined. */
export async function findCompiler(commands: Commands, environment = process.env): Promise<Compiler | undefined> {
  for (const [program, ...args] of compilers(environment)) {
    if ((await commands.run(program, [...args, '--version'])).code === 0) return [program, ...args];
  }
  return undefined;
}

/**
 * Compiles tfjs-node-gpu's binding against the library in `engine/tensorflow`. The addon uses only C interfaces
 * (TensorFlow's and Node-API 8), so one serves every version of Node; it finds its libraries in its own folder.
 */
export async function compileAddon(commands: Commands, sources: BindingSources, engine: string, addon: string): Promise<string> {
  const files = ['tfjs_backend.cc', 'tfjs_binding.cc'].map((file) => join(sources.folder, 'binding', file));
  return compile(commands, sources, engine, { what: 'the addon', flags: ['-O2', `-I${sources.folder}`], files, output: addon });
}

/** Compiles ops of Kindred's own against the same library, in the same way, for processors with these instructions. */
export async function compileOps(commands: Commands, sources: BindingSources, engine: string, { files, instructions, output }: { readonly files: readonly string[]; readonly instructions: readonly string[]; readonly output: string }): Promise<string> {
  return compile(commands, sources, engine, { what: "Kindred's kernels", flags: ['-O3', ...instructions.map((each) => `-m${each}`)], files, output });
}

interface Unit {
  readonly what: string;
  readonly flags: readonly string[];
  readonly files: readonly string[];
  readonly output: string;
}

async function compile(commands: Commands, sources: BindingSources, engine: string, { what, flags, files, output }: Unit): Promise<string> {
  const compiler = await findCompiler(commands);
  if (!compiler) {
    throw new BackendError('setUpTensorFlow', 'found no C++ compiler for the addon between Node and TensorFlow.', COMPILER_REMEDY);
  }
  const [program, ...first] = compiler;
  const finished = await commands.run(program, [
    ...first,
    ...['-shared', '-fPIC', '-std=c++17', '-DNAPI_VERSION=8'],
    ...[sources.nodeHeaders, join(engine, 'tensorflow', 'include')].map((folder) => `-I${folder}`),
    ...flags,
    ...files,
    ...LIBRARIES.map((library) => join(engine, 'tensorflow', library)),
    '-Wl,-rpath,$ORIGIN/tensorflow',
    ...['-o', output],
  ]);
  const name = first.includes('ziglang') ? 'zig' : program;
  if (finished.code === 0) return name;
  throw new BackendError('setUpTensorFlow', `${name} could not compile ${what}: ${lastLines(finished)}.`, 'Try another compiler: CXX=/path/to/g++.');
}
