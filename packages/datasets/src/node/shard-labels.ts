/** From what label members say to numbers and names of classes. */
import { DataError } from '@kindred/core';
import type { ShardSamples } from './shard-samples.js';

/** Shards and what they hold, in the same order. */
export interface ListedShards {
  readonly paths: readonly string[];
  readonly shards: readonly ShardSamples[];
}

/** Numbers from here on are ids of something, not places in a list of classes: no data set has as many. */
const mostClasses = 1_000_000;

/**
 * The classes of all samples: numbers as they are, −1 for unknown; names by their place in `classes`, or in the sorted
 * names of these shards and of `further` ones. If a number is a million or more, all that occur are taken for names of classes
 * and numbered in their order. Nothing if the shards have no labels.
 *
 * @throws DataError, naming shard and member, if a class is not a number of 0 or more, or not in `classes`, or only some
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
  const distinct = [...new Set(everything.shards.flatMap((shard) => shard.labels!))];
  const numbered = distinct.every((text) => /^[+-]?\d+$/.test(text));
  const numeric = numbered && (classes !== undefined || distinct.every((text) => Number(text) < mostClasses));
  // ids may have more digits than a number of JavaScript keeps
  const nameOf = (text: string): string => (numbered ? String(BigInt(text)) : text);
  const names = classes ?? (numeric ? undefined : [...new Set(distinct.map(nameOf))].filter((name) => (numbered ? BigInt(name) >= 0n : name !== '-1')).sort(numbered ? byValue : byCodeUnits));
  const numbers = new Map(names?.map((name, number) => [name, number]));
  const end = classes?.length ?? Infinity;
  const labels = own.shards.flatMap((shard, at) =>
    shard.labels!.map((text, i) => {
      const number = text === '-1' ? -1 : numeric ? Number(text) : numbers.get(nameOf(text));
      if (number === undefined || number < -1 || number >= Math.min(end, 2 ** 31)) {
        const expected = classes === undefined ? '0 or more, or -1 where unknown' : `one of the ${end} classes, or -1 where unknown`;
        throw new DataError(where, `${own.paths[at]}: ${shard.names[i]} is of class ${JSON.stringify(text)}, expected ${expected}.`);
      }
      return number;
    }),
  );
  return { labels: Int32Array.from(labels), ...(names && { classes: names }) };
}

const byValue = (a: string, b: string): number => (BigInt(a) < BigInt(b) ? -1 : 1);

/** Independent of the machine's language, unlike `localeCompare`. */
function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
