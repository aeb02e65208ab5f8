/** Finds the shards that patterns name. */
import { stat } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import { ArgumentError, DataError } from '@kindred/core';
import { expand } from 'brace-expansion';
import { glob } from 'tinyglobby';

/**
 * The files of patterns such as `/data/train-{000000..000146}.tar`, `/data/*.tar` or `/data` (every .tar file in it). What
 * braces name comes in their order and must exist; what stars match is sorted by code units. A file named twice counts
 * once.
 *
 * @throws ArgumentError for no pattern. @throws DataError if a named file is not there, or nothing is found.
 */
export async function shardFiles(where: string, patterns: string | readonly string[]): Promise<string[]> {
  const list = typeof patterns === 'string' ? [patterns] : patterns;
  if (list.length === 0 || list.includes('')) throw new ArgumentError(`${where}.shards`, 'at least one path or pattern', patterns);
  const found = new Map<string, string>(); // by what they are, whatever they are called
  const add = (path: string): void => void (found.has(resolve(path)) || found.set(resolve(path), path));
  for (const pattern of list) {
    const named = expand(pattern);
    const missing: string[] = [];
    for (const path of named) {
      const status = await stat(path).catch(() => undefined);
      if (status?.isFile()) add(path);
      else if (status?.isDirectory()) (await below(where, path, path, '*.tar')).forEach(add);
      else if (/[*?[]/.test(path)) (await below(where, pattern, '.', path)).forEach(add);
      else missing.push(path);
    }
    if (missing.length > 0) {
      const count = named.length === 1 ? '' : ` (${missing.length} of the ${named.length} shards of ${pattern} are missing)`;
      throw new DataError(where, `${missing[0]} does not exist${count}.`, 'Check the path, and the range in braces.');
    }
  }
  return [...found.values()];
}

/** Files that a pattern finds in a folder, sorted by code units. */
async function below(where: string, named: string, folder: string, pattern: string): Promise<string[]> {
  const files = await glob(pattern, { cwd: folder, absolute: isAbsolute(pattern), expandDirectories: false });
  if (files.length === 0) throw new DataError(where, `${named} names no ${pattern === '*.tar' ? '.tar ' : ''}file.`);
  const prefix = folder === '.' ? '' : `${folder.replace(/[/\\]$/, '')}/`;
  return files.map((file) => prefix + file).sort((a, b) => (a < b ? -1 : 1));
}
