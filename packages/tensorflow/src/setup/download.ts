/** Fetches the wheels with pip, which follows the machine's index, proxy and certificates by itself. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { BackendError } from '@kindred/core';
import { type Commands, type Finished, lastLines } from './commands.js';
import { needPython } from './python.js';
import { type Recipe, WHEEL_TAGS } from './recipe.js';

const PIP = ['-m', 'pip', '-q', '--disable-pip-version-check', '--no-cache-dir'];
const STRICT = ['--no-deps', '--only-binary=:all:', '--require-hashes', ...WHEEL_TAGS];

/** Puts the recipe's wheel into `folder` and returns its path; its hash was checked. */
export async function downloadWheel(commands: Commands, recipe: Recipe, folder: string, progress: (message: string) => void): Promise<string> {
  const python = await needPython(commands);
  const requirements = join(folder, 'requirements.txt');
  await writeFile(requirements, `${recipe.package}==${recipe.version} --hash=sha256:${recipe.sha256}\n`);
  // pip's temporary files go into our folder and are removed with it
  const watch = setInterval(() => void sizeOf(folder).then((bytes) => progress(`  ${megabytes(bytes)} of ${megabytes(recipe.bytes)} MB`)), 5000);
  try {
    const finished = await commands.run(python, [...PIP, 'download', ...STRICT, '-r', requirements, '-d', folder], { TMPDIR: folder });
    if (finished.code !== 0) throw pipFailed(recipe.package, `${recipe.package}==${recipe.version}`, finished);
  } finally {
    clearInterval(watch);
  }
  const wheel = await wheelIn(folder);
  await checkHash(wheel, recipe);
  return wheel;
}

/** Unpacks the wheels of CUDA next to the library, which looks for them in `../nvidia`. */
export async function installBeside(commands: Commands, recipe: Recipe, folder: string): Promise<void> {
  if (recipe.beside.length === 0) return;
  const python = await needPython(commands);
  const requirements = join(folder, 'requirements.txt');
  await writeFile(requirements, `${recipe.beside.join('\n')}\n`);
  const finished = await commands.run(python, [...PIP, 'install', ...STRICT, '-r', requirements, '--target', folder], { TMPDIR: folder });
  if (finished.code !== 0) throw pipFailed('the CUDA libraries', recipe.beside[0]!.split(' ')[0]!, finished);
}

/** The one wheel in a folder. */
export async function wheelIn(folder: string): Promise<string> {
  const name = (await readdir(folder)).find((file) => file.endsWith('.whl'));
  if (name) return join(folder, name);
  throw new BackendError('setUpTensorFlow', `pip put no wheel into ${folder}.`, 'Run the set-up again.');
}

/** Refuses a file that differs from the recipe's by even a byte. */
async function checkHash(wheel: string, recipe: Recipe): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(wheel, { highWaterMark: 1 << 20 }), hash);
  const received = hash.digest('hex');
  if (received === recipe.sha256) return;
  throw wrongHash(recipe.package, `received sha256 ${received}, expected ${recipe.sha256}`);
}

function wrongHash(name: string, what: string): BackendError {
  return new BackendError('setUpTensorFlow', `the wheel of ${name} is not the one that was pinned: ${what}.`, 'A proxy or index served another file: check what pip is configured to use.');
}

/** pip's failure in our words. */
function pipFailed(name: string, requirement: string, finished: Finished): BackendError {
  const { output } = finished;
  const tail = lastLines(finished);
  if (/do not match the hashes/i.test(output)) return wrongHash(name, tail);
  if (/no space left on device/i.test(output)) return new BackendError('setUpTensorFlow', `the disk is full: ${tail}.`, 'Make room, or name another folder: KINDRED_CACHE=/path.');
  if (/connection|timed? ?out|name resolution|getaddrinfo|proxy|SSLError/i.test(output)) {
    return new BackendError('setUpTensorFlow', `pip could not reach its index for ${name}: ${tail}.`, 'Check the network, and the index and proxy that pip is configured to use (`python3 -m pip config list`).');
  }
  return new BackendError('setUpTensorFlow', `pip could not fetch ${name}: ${tail}.`, `Try the same by hand: \`python3 -m pip download ${requirement}\`.`);
}

const megabytes = (bytes: number): number => Math.round(bytes / 1e6);

/** Bytes in a folder. Files may vanish meanwhile. */
async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true }).catch(() => []);
  const sizes = await Promise.all(entries.map((name) => stat(join(folder, name)).then((file) => (file.isFile() ? file.size : 0), () => 0)));
  return sizes.reduce((sum, size) => sum + size, 0);
}
