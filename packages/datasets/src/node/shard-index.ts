/** The samples of shards, listed once and kept in the cache folder. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { writeFileAtomic } from '@kindred/core/node';
import { z } from 'zod';
import { type SampleParts, type ShardSamples, shardSamples } from './shard-samples.js';

const numbers = z.array(z.number().int().min(0));
/** The content of a cache file. Another `version` means another layout. */
const Kept = z.strictObject({
  version: z.literal(2),
  /** The shard as it was listed: if one of these differs, it has changed since. */
  bytes: z.number(),
  modified: z.number(),
  names: z.array(z.string()),
  offsets: numbers,
  sizes: numbers,
  labels: z.array(z.string()).optional(),
  leftOut: z.array(z.strictObject({ reason: z.string(), count: z.number().int().min(1), examples: z.array(z.string()) })),
});

/**
 * The samples of a shard, from the cache if it was listed before and has not changed since. A folder that cannot be
 * written only costs the time of another listing.
 *
 * @param cache The folder for such lists; undefined keeps none.
 * @throws DataError as `shardSamples` does.
 */
export async function shardIndex(where: string, path: string, parts: SampleParts, cache: string | undefined): Promise<ShardSamples> {
  const status = await stat(path).catch(() => undefined);
  if (cache === undefined || status === undefined) return shardSamples(where, path, parts);
  const name = createHash('sha256').update(JSON.stringify([resolve(path), parts.image, parts.label])).digest('hex').slice(0, 32);
  const file = join(cache, `${name}.json`);
  const of = { version: 2, bytes: status.size, modified: status.mtimeMs } as const;
  const kept = await read(file);
  if (kept && kept.bytes === of.bytes && kept.modified === of.modified) return kept;
  const samples = await shardSamples(where, path, parts);
  await writeFileAtomic(file, JSON.stringify({ ...of, ...samples })).catch(() => undefined); // the list is a convenience
  return samples;
}

async function read(file: string): Promise<z.infer<typeof Kept> | undefined> {
  try {
    return Kept.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined; // not there, or damaged: the shard is listed again
  }
}
