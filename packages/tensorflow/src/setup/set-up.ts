/** Brings the TensorFlow library and its addon onto this machine. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BackendError, KindredError } from '@kindred/core';
import { ADDON, cacheFolder, enginesFolder, type InstalledEngine, readEngine, STAMP } from './cache.js';
import { checkAddon } from './check.js';
import { type Commands, systemCommands } from './commands.js';
import { compileAddon } from './compiler.js';
import { downloadWheel, installBeside, wheelIn } from './download.js';
import { extractFiles } from './extract.js';
import { hasNvidia } from './gpu.js';
import { withLock } from './lock.js';
import { addKernels } from './own-kernels.js';
import { type Device, engineName, type Recipe, recipeFor } from './recipe.js';
import { type BindingSources, bindingSources } from './sources.js';

export interface SetUpOptions {
  /** The CPU's or CUDA's library. Default: CUDA's if an NVIDIA card is found. */
  readonly device?: Device | undefined;
  /** The folder for engines. Default: `$KINDRED_CACHE`, `$XDG_CACHE_HOME/kindred` or `~/.cache/kindred`. */
  readonly cache?: string | undefined;
  /** Called with what happens, one line at a time. */
  readonly onProgress?: ((message: string) => void) | undefined;
}

/** What tests replace. */
export interface SetUpParts {
  readonly recipe: Recipe;
  readonly commands: Commands;
  readonly sources: BindingSources | undefined;
  readonly cache: string;
  readonly progress: (message: string) => void;
  /** Milliseconds after which the lock of a process that died is taken over. Default: 15 s. */
  readonly stale?: number;
}

/**
 * Makes the engine ready: fetches the pinned TensorFlow library with pip, takes out what is needed, compiles
 * tfjs-node-gpu's addon and Kindred's own kernels against it and tests it. What is ready is left as it is; a run that was killed is
 * resumed where it stopped; a second run at the same time waits for the first.
 *
 * Linux x64 with glibc 2.27 or newer.
 *
 * @throws BackendError that says what to install if Python with pip or a C++ compiler is missing, and what went wrong if
 * the network, the disk or a hash stopped it.
 *
 * @example
 * const setUp = await setUpTensorFlow({ onProgress: (line) => console.error(line) }).catch((error: Error) => error.message);
 */
export async function setUpTensorFlow(options: SetUpOptions = {}): Promise<InstalledEngine> {
  const { cache = cacheFolder(), onProgress = () => undefined } = options;
  const device = options.device ?? (hasNvidia() ? 'GPU' : 'CPU');
  const engine = await buildEngine({ recipe: recipeFor(device), commands: systemCommands, sources: bindingSources(), cache, progress: onProgress });
  await addKernels(systemCommands, engine.folder, onProgress);
  return engine;
}

/** `setUpTensorFlow` with its parts given. */
export async function buildEngine(parts: SetUpParts): Promise<InstalledEngine> {
  const { recipe, sources, cache, progress } = parts;
  if (!sources) {
    throw new BackendError('setUpTensorFlow', '@tensorflow/tfjs-node-gpu is not installed; the addon is built from its sources.', '`npm install --ignore-scripts @tensorflow/tfjs-node-gpu`.');
  }
  const engines = enginesFolder(cache);
  const name = engineName(recipe, sources.version);
  const folder = join(engines, name);
  const ready = (): InstalledEngine | undefined => readEngine(folder);
  const found = ready();
  if (found) return found;
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new BackendError('setUpTensorFlow', `has no recipe for ${process.platform} ${process.arch}, only for linux x64.`, "Elsewhere use tfjs-node-gpu's own installer: `npm rebuild --ignore-scripts=false @tensorflow/tfjs-node-gpu`.");
  }
  try {
    await mkdir(engines, { recursive: true });
    const waiting = (): void => progress('another set-up is at work: waiting for it');
    const lock = { ready, waiting, stale: parts.stale ?? 15_000 };
    return await withLock(join(engines, `${name}.lock`), lock, () => inStages(parts, sources, folder));
  } catch (error) {
    throw explained(error, cache);
  }
}

/** download, extract, compile: each leaves its product under its final name, and a later run goes on from the last one. */
async function inStages({ recipe, commands, cache, progress }: SetUpParts, sources: BindingSources, folder: string): Promise<InstalledEngine> {
  const build = `${folder}.build`;
  const engine = join(build, 'engine');
  const wheels = join(build, 'wheels');
  const addon = join(engine, ADDON);
  await mkdir(build, { recursive: true });
  await removeParts(build);
  if (!existsSync(engine)) {
    if (!existsSync(wheels)) {
      await needSpace(cache, recipe);
      progress(`downloading ${recipe.package} ${recipe.version} (${Math.round(recipe.bytes / 1e6)} MB)`);
      await product(build, wheels, async (part) => void (await downloadWheel(commands, recipe, part, progress)));
    }
    progress('extracting the library');
    await product(build, engine, async (part) => {
      await extractFiles(await wheelIn(wheels), 'tensorflow', recipe.files, join(part, 'tensorflow'));
      if (recipe.beside.length > 0) progress('fetching the CUDA libraries (3 GB)');
      await installBeside(commands, recipe, part);
    });
  }
  await rm(wheels, { recursive: true, force: true });
  if (!existsSync(addon)) {
    progress('compiling the addon');
    const part = join(engine, `part-${ADDON}`);
    progress(`compiled by ${await compileAddon(commands, sources, engine, part)}`);
    await rename(part, addon);
  }
  const version = await checkAddon(commands, addon).catch(async (error: unknown) => {
    await rm(addon, { force: true });
    throw error;
  });
  await writeFile(join(engine, STAMP), `${JSON.stringify({ version, device: recipe.device, package: recipe.package, binding: sources.version })}\n`);
  // A folder without a stamp can only be here if someone removed the stamp
  await rm(folder, { recursive: true, force: true });
  await rename(engine, folder);
  await rm(build, { recursive: true, force: true });
  return readEngine(folder)!;
}

/** Makes a folder under another name and renames it when it is complete. */
async function product(build: string, folder: string, make: (part: string) => Promise<void>): Promise<void> {
  const part = await mkdtemp(join(build, 'part-'));
  try {
    await make(part);
    await rename(part, folder);
  } catch (error) {
    await rm(part, { recursive: true, force: true });
    throw error;
  }
}

/** What a killed run left unfinished. */
async function removeParts(build: string): Promise<void> {
  const parts = (await readdir(build)).filter((name) => name.startsWith('part-'));
  await Promise.all(parts.map((name) => rm(join(build, name), { recursive: true, force: true })));
}

async function needSpace(cache: string, recipe: Recipe): Promise<void> {
  const { bavail, bsize } = await statfs(cache);
  const free = bavail * bsize;
  if (free >= recipe.disk) return;
  const gigabytes = (bytes: number): string => (bytes / 1e9).toFixed(1);
  throw new BackendError('setUpTensorFlow', `${cache} has ${gigabytes(free)} GB free, the set-up needs ${gigabytes(recipe.disk)} GB.`, 'Make room, or name another folder: KINDRED_CACHE=/path.');
}

/** Failures of the file system in our words; our own errors unchanged. */
function explained(error: unknown, cache: string): unknown {
  if (KindredError.is(error)) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC') return new BackendError('setUpTensorFlow', `the disk of ${cache} is full.`, 'Make room, or name another folder: KINDRED_CACHE=/path.', error);
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') {
    return new BackendError('setUpTensorFlow', `may not write to ${cache}.`, 'Name another folder: KINDRED_CACHE=/path.', error);
  }
  return new BackendError('setUpTensorFlow', `stopped: ${message}.`, 'Run it again; it goes on from the last finished stage.', error);
}
