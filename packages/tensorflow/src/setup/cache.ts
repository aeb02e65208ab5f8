/** Where engines are kept: one folder per user, shared by all checkouts and surviving `npm ci`. */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type Device, engineName, recipeFor } from './recipe.js';
import { bindingSources } from './sources.js';

/** An engine that is complete and has been tested. */
export interface InstalledEngine {
  readonly folder: string;
  /** The Node-API addon. */
  readonly addon: string;
  /** The version that the library reports, `2.21.0`. */
  readonly version: string;
  readonly device: Device;
}

/** The file that marks a complete engine and describes it. */
export const STAMP = 'engine.json';
export const ADDON = 'tfjs_binding.node';

/** The folder for what is downloaded or built: `$KINDRED_CACHE`, else `$XDG_CACHE_HOME/kindred`, else `~/.cache/kindred`. */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const own = environment['KINDRED_CACHE'];
  if (own) return own;
  return join(environment['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'kindred');
}

/** The folder in which engines lie. */
export function enginesFolder(cache: string): string {
  return join(cache, 'tensorflow');
}

/** The engine in `folder`, or undefined if none was completed. */
export function readEngine(folder: string): InstalledEngine | undefined {
  const addon = join(folder, ADDON);
  try {
    const { version, device } = JSON.parse(readFileSync(join(folder, STAMP), 'utf8')) as InstalledEngine;
    return existsSync(addon) ? { folder, addon, version, device } : undefined;
  } catch {
    return undefined;
  }
}

/** The engine for `device` in the user's cache, or undefined before `npm run setup`. */
export function findEngine(device: Device, cache: string = cacheFolder()): InstalledEngine | undefined {
  const sources = bindingSources();
  return sources && readEngine(join(enginesFolder(cache), engineName(recipeFor(device), sources.version)));
}
