/** Kindred's own ops for the library: compiled once for each engine and each version of their sources. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Commands } from './commands.js';
import { compileKernels } from './compiler.js';
import { bindingSources } from './sources.js';

const require = createRequire(import.meta.url);

/** Where the C++ sources are: in this package, whether built or not. */
function sourceFolder(): string {
  return join(dirname(require.resolve('@kindred/tensorflow/package.json')), 'native');
}

/** Their compiled file in an engine's folder, named after what the sources hold. It may not be there. */
export function kernelsFile(engine: string): string {
  const folder = sourceFolder();
  const hash = createHash('sha256');
  for (const name of readdirSync(folder).sort()) hash.update(name).update(readFileSync(join(folder, name)));
  return join(engine, `kindred_kernels-${hash.digest('hex').slice(0, 8)}.node`);
}

/**
 * Compiles the ops where that has not been done (5 to 10 s). Without them everything works, more slowly: a failure is told and is
 * no error. Two at once do the work twice, and either result serves.
 */
export async function addKernels(commands: Commands, engine: string, progress: (message: string) => void): Promise<void> {
  const file = kernelsFile(engine);
  const sources = bindingSources();
  if (existsSync(file) || !sources) return;
  const part = `${file}.${process.pid}.part`;
  try {
    progress("compiling Kindred's kernels");
    await compileKernels(commands, sources, engine, join(sourceFolder(), 'kernels.cc'), part);
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true }).catch(() => undefined);
    progress(`goes on without Kindred's own kernels. ${(error as Error).message}`);
  }
}
