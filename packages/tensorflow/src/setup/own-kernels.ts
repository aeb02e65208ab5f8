/** Kindred's own ops for the library: compiled once for each engine and each version of their sources. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Commands } from './commands.js';
import { compileOps } from './compiler.js';
import { bindingSources } from './sources.js';

const require = createRequire(import.meta.url);

/** Where the C++ sources are: in this package, whether built or not. */
function sourceFolder(): string {
  return join(dirname(require.resolve('@kindred/tensorflow/package.json')), 'native');
}

/** What is compiled, and for which processors. */
const units = {
  /** Batch normalisation and what goes with it. */
  kernels: { sources: ['kernels.cc'], instructions: ['avx2', 'fma'] },
  /** The same in wider vectors, and convolutions: for processors with `avx512_bf16`, which have all of these. */
  'wide-kernels': { sources: ['kernels.cc', 'convolutions.cc'], instructions: ['avx2', 'fma', 'avx512f', 'avx512bw', 'avx512vl', 'avx512dq', 'avx512bf16'] },
} as const;

/** One of the files that the ops are in. */
export type Unit = keyof typeof units;

/** The compiled file of a unit in an engine's folder, named after what all sources hold. It may not be there. */
export function opsFile(engine: string, unit: Unit): string {
  const folder = sourceFolder();
  const hash = createHash('sha256');
  for (const name of readdirSync(folder).sort()) hash.update(name).update(readFileSync(join(folder, name)));
  return join(engine, `kindred_${unit}-${hash.digest('hex').slice(0, 8)}.node`);
}

/**
 * Compiles the ops where that has not been done (5 to 10 s each unit, whichever processor is here). Without them everything works, more slowly: a failure is told and is
 * no error. Two at once do the work twice, and either result serves.
 */
export async function addKernels(commands: Commands, engine: string, progress: (message: string) => void): Promise<void> {
  const sources = bindingSources();
  if (!sources) return;
  for (const unit of Object.keys(units) as Unit[]) {
    const output = opsFile(engine, unit);
    if (existsSync(output)) continue;
    const part = `${output}.${process.pid}.part`;
    const { sources: files, instructions } = units[unit];
    try {
      progress(`compiling Kindred's ${unit.replace('-', ' ')}`);
      await compileOps(commands, sources, engine, { files: files.map((file) => join(sourceFolder(), file)), instructions, output: part });
      await rename(part, output);
    } catch (error) {
      await rm(part, { force: true }).catch(() => undefined);
      progress(`goes on without Kindred's own ${unit.replace('-', ' ')}. ${(error as Error).message}`);
    }
  }
}
