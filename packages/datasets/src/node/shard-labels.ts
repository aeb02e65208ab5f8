/** From what label members say to numbers and names of classes. */
import { DataError } from '@kindred/core';
import type { ShardSamples } from './shard-samples.js';

/** Shards and what they hold, in the same order. */
export interface ListedShards {
  readonly paths: readonly string[];
  readonly shards: readonly ShardSamples[];
}

/**
 * The classes of all samples: numbers as they are, −1 for unknown; names by their place in `classes`, or in the sorted
 * names of these shards and of `further` ones. Nothing where the shards have no labels.
 *
 * @throws DataError, naming shard and member, where a class is no number of 0 or more, or not in `classes`, or only some
 *   shards have labels.
 */
export function shardLabels(
  where: string,
  own: ListedShards,
  further: ListedShards,
  classes: readonly string[] | undefined,
): { labels?: Int32Array; classes?: readonly string[] } {
  const everything = { paths: [...own.paths, ...further.paths], shards: [...own.shards, ...further.shards] };
  const without = everything.shards.findIndex(({ labels }) => labels === undefined);
  if (without >= 0) {
    const other = everything.shards.findIndex(({ labels }) => labels !== undefined);
    if (other === -1) return {};
    throw new DataError(
      where,
      `${everything.paths[without]} has no labels, ${everything.paths[other]} has.`,
      "Add them, or pass label: 'none'.",
    );
  }
  const texts = (listed: ListedShards): string[] => listed.shards.flatMap(({ labels }) => labels!);
  const numeric = texts(everything).every((text) => /^[+-]?\d+$/.test(text));
  const names = classes ?? (numeric ? undefined : [...new Set(texts(everything))].filter((text) => text !== '-1').sort(byCodeUnits));
  const numbers = new Map(names?.map((name, number) => [name, number]));
  const end = classes?.length ?? Infinity;
  const labels = own.shards.flatMap((shard, at) =>
    shard.labels!.map((text, i) => {
      const number = text === '-1' ? -1 : numeric ? Number(text) : numbers.get(text);
      if (number === undefined || number < -1 || number >= Math.min(end, 2 ** 31)) {
        const expected = classes === undefined ? '0 or more, or -1 where unknown' : `one of the ${end} classes, or -1 where unknown`;
        throw new DataError(where, `${own.paths[at]}: ${shard.names[i]} is of class ${JSON.stringify(text)}, expected ${expected}.`);
      }
      return number;
    }),
  );
  return { labels: Int32Array.from(labels), ...(names && { classes: names }) };
}

/** Independent of the machine's language, unlike `localeCompare`. */
function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
