/** The user's folder for downloads. */
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Where downloads are kept: `$KINDRED_CACHE`, else `$XDG_CACHE_HOME/kindred`, else `~/.cache/kindred`. The folder need not
 * exist.
 *
 * @example
 * cacheFolder({ KINDRED_CACHE: '/data/kindred' }); // => '/data/kindred'
 */
export function cacheFolder(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  const { KINDRED_CACHE: own, XDG_CACHE_HOME: shared } = environment;
  if (own) return own;
  return shared ? join(shared, 'kindred') : join(homedir(), '.cache', 'kindred');
}
