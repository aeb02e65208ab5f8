/** The addon that tfjs-node-gpu downloads itself if its install script may run. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { bindingSources } from './setup/sources.js';

/** Its path, for the highest Node-API version; undefined if the script did not run. */
export function ownAddon(folder: string | undefined = bindingSources()?.folder): string | undefined {
  const library = folder && join(folder, 'lib');
  if (!library || !existsSync(library)) return undefined;
  const number = (name: string): number => Number(name.slice('napi-v'.length));
  const versions = readdirSync(library).filter((name) => /^napi-v\d+$/.test(name));
  versions.sort((a, b) => number(b) - number(a));
  return versions.map((name) => join(library, name, 'tfjs_binding.node')).find((path) => existsSync(path));
}
