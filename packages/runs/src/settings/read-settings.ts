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
    return parseYaml(text, { logLevel: 'error' }); // JSON is YAML
  } catch (error) {
    const line = error instanceof YAMLParseError ? error.message.split('\n')[0]! : String(error);
    throw new DataError(path, `cannot be parsed: ${line}`, undefined, error);
  }
}

/** A text that is YAML. @throws SettingsError */
export function readYaml(where: string, text: string, what = `${text}  `): unknown {
  try {
    return parseYaml(text, { logLevel: 'error' });
  } catch (error) {
    throw new SettingsError(where, [`${what}cannot be parsed: ${(error as Error).message.split('\n')[0]}`]);
  }
}

/**
 * Sets values in settings by path: `optimizer.weightDecay=1e-4`, `views.0.flip=null`. Values are read as YAML. What it is given stays
 * as it is.
 *
 * @throws SettingsError for an assignment without `=`, a value that is not YAML, a path through something that is not an object or list.
 */
export function setValues(settings: unknown, assignments: readonly string[]): unknown {
  return assignments.reduce(setValue, settings ?? {});
}

function setValue(settings: unknown, assignment: string): unknown {
  const refuse = (why: string): SettingsError => new SettingsError('--set', [`${assignment}  ${why}`]);
  const equals = assignment.indexOf('=');
  const path = assignment.slice(0, Math.max(0, equals)).split('.');
  if (path.some((key) => key.trim() === '')) throw refuse('expected path=value, for instance optimizer.weightDecay=1e-4');
  const value = readYaml('--set', assignment.slice(equals + 1), `${assignment}  its value `);
  /** The node with the value in it, new from the root to there. */
  const placed = (node: unknown, [key, ...rest]: readonly string[], above: string): unknown => {
    if (key === undefined) return value;
    if (node !== undefined && node !== null && !isObject(node)) throw refuse(`${above} is ${JSON.stringify(node)}, nothing can be set in it`);
    if (Array.isArray(node)) {
      const at = Number(key);
      if (!(Number.isInteger(at) && at >= 0 && at <= node.length)) throw refuse(`${above} is a list of ${node.length}: expected a number of 0..${node.length} in it, received ${key}`);
      const list: unknown[] = [...(node as unknown[])];
      list[at] = placed(list[at], rest, key);
      return list;
    }
    // entries, as an assignment to `__proto__` would not make one
    const entries = Object.entries(node ?? {});
    const inner = placed(entries.find(([name]) => name === key)?.[1], rest, key);
    return Object.fromEntries([...entries.filter(([name]) => name !== key), [key, inner]]);
  };
  return placed(settings, path, '(all)');
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Checks settings against their schema. @throws SettingsError with all problems, each at its path. */
export function checkSettings<Schema extends z.ZodType>(where: string, schema: Schema, settings: unknown): z.output<Schema> {
  const parsed = schema.safeParse(settings);
  if (parsed.success) return parsed.data;
  throw new SettingsError(where, explain(schema, parsed.error, settings));
}
