/** Settings from a file and from `--set`, checked before anything else happens. */
import { readFile } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DataError, SettingsError } from '@kindred/core';
import { createJiti } from 'jiti';
import { parse as parseYaml, YAMLParseError } from 'yaml';
import type * as z from 'zod';
import { explain } from './explain.js';

/**
 * The content of a settings file: `.json`, `.yaml` and `.yml` as data, `.ts`, `.js` and `.mjs` as a module whose default
 * export is the settings.
 *
 * @throws DataError where the file is missing, of another kind or cannot be parsed.
 */
export async function readSettingsFile(path: string): Promise<unknown> {
  const kind = extname(path);
  if (['.ts', '.mts', '.js', '.mjs', '.cjs'].includes(kind)) {
    try {
      return await createJiti(pathToFileURL(resolve('settings')).href).import(resolve(path), { default: true });
    } catch (error) {
      throw new DataError(path, `cannot be run (${(error as Error).message.split('\n')[0]}).`, 'Its default export must be the settings.', error);
    }
  }
  if (!['.json', '.yaml', '.yml'].includes(kind)) {
    throw new DataError(path, `is a ${kind || 'nameless'} file.`, 'Settings are read from .yaml, .yml, .json, .ts, .js and .mjs.');
  }
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new DataError(path, `cannot be read (${(error as NodeJS.ErrnoException).code}).`, 'Check the path.', error);
  });
  try {
    return parseYaml(text); // JSON is YAML
  } catch (error) {
    const line = error instanceof YAMLParseError ? error.message.split('\n')[0]! : String(error);
    throw new DataError(path, `cannot be parsed: ${line}`, undefined, error);
  }
}

/**
 * Sets values in settings by path: `optimizer.weightDecay=1e-4`, `views.0.flip=null`. Values are read as YAML.
 *
 * @throws SettingsError for an assignment without `=`, or a path through something that is not an object or list.
 */
export function setValues(settings: unknown, assignments: readonly string[]): unknown {
  const result = structuredClone(settings ?? {});
  for (const assignment of assignments) {
    const equals = assignment.indexOf('=');
    if (equals < 1) throw new SettingsError('--set', [`${assignment}  expected path=value, for instance optimizer.weightDecay=1e-4`]);
    const path = assignment.slice(0, equals).split('.');
    let node = result as Record<string, unknown>;
    for (const key of path.slice(0, -1)) {
      node[key] ??= {};
      if (typeof node[key] !== 'object') throw new SettingsError('--set', [`${assignment}  ${key} is ${JSON.stringify(node[key])}, nothing can be set in it`]);
      node = node[key] as Record<string, unknown>;
    }
    node[path.at(-1)!] = parseYaml(assignment.slice(equals + 1));
  }
  return result;
}

/** Checks settings against their schema. @throws SettingsError with all problems, each at its path. */
export function checkSettings<Schema extends z.ZodType>(where: string, schema: Schema, settings: unknown): z.output<Schema> {
  const parsed = schema.safeParse(settings);
  if (parsed.success) return parsed.data;
  throw new SettingsError(where, explain(schema, parsed.error, settings));
}
