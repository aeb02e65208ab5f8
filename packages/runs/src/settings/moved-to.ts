/** The settings of data that have been moved. */
import { dirname, join, relative, sep } from 'node:path';
import { SettingsError } from '@kindred/core';
import type { DatasetSettings } from '@kindred/datasets/node';

/**
 * The same data in another place: an archive or a folder, of shards the folder that holds all of them; the settings themselves if
 * `path` is undefined. Works on settings that have not been checked yet.
 *
 * @throws SettingsError for single shards.
 */
export function movedTo(data: DatasetSettings, path: string | undefined): DatasetSettings;
export function movedTo(data: unknown, path: string | undefined): unknown;
export function movedTo(data: unknown, path: string | undefined): unknown {
  if (path === undefined || typeof data !== 'object' || data === null) return data;
  if (!('shards' in data) && !('name' in data && data.name === 'webdataset')) return { ...data, root: path };
  if (/\.tar$|[{*]/.test(path)) {
    throw new SettingsError('--data', [`${path}  expected the folder of the shards. Name single shards with --set data.shards=...`]);
  }
  const { shards, test } = data as { readonly shards?: unknown; readonly test?: unknown };
  const from = commonFolder([shards, test].flat().filter((each) => typeof each === 'string'));
  const move = (each: unknown): unknown => (typeof each === 'string' ? join(path, relative(from, each)) : Array.isArray(each) ? each.map(move) : each);
  return { ...data, ...(shards !== undefined && { shards: move(shards) }), ...(test !== undefined && { test: move(test) }) };
}

/** The folder that all patterns are in. */
function commonFolder(patterns: readonly string[]): string {
  const folders = patterns.map((pattern) => {
    // what precedes the first character of a pattern
    const fixed = pattern.slice(0, /[{*?[]/.exec(pattern)?.index ?? pattern.length);
    return (fixed.endsWith(sep) ? fixed.slice(0, -1) : dirname(fixed)).split(sep);
  });
  const [first = ['.'], ...others] = folders;
  const length = others.reduce((most, folder) => {
    const differs = first.findIndex((part, i) => part !== folder[i]);
    return Math.min(most, differs < 0 ? first.length : differs);
  }, first.length);
  const common = first.slice(0, length).join(sep);
  return common === '' ? (first[0] === '' ? sep : '.') : common;
}
