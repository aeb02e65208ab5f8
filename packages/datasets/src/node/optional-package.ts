/** Packages that a program installs only if it uses what needs them. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DataError } from '@kindred/core';

/**
 * The folder of an installed package, looked for from this file and from the working folder.
 *
 * @param from Where to look, as files or file addresses.
 * @throws DataError with the line that installs it.
 */
export function packageFolder(
  where: string,
  name: string,
  from: readonly string[] = [import.meta.url, pathToFileURL(join(process.cwd(), 'index.js')).href],
): string {
  for (const place of from) {
    try {
      return dirname(createRequire(place).resolve(`${name}/package.json`));
    } catch {
      // the next place, or the error below
    }
  }
  throw notInstalled(where, name);
}

/** The error for a package that is not installed. */
export function notInstalled(where: string, name: string, cause?: unknown): DataError {
  return new DataError(where, `the package ${name} is not installed.`, `Run: npm install ${name}`, cause);
}
