/** Images in tar files, read from where they lie and decoded when they are read. */
import { closeSync, openSync, read } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { ArgumentError, DataError, digest, type ImageDataset, type UniformImageDataset } from '@kindred/core';
import { cacheFolder } from './cache.js';
import { imageDecoder } from './decode-image.js';
import { checkDecodedImageOptions, type DecodedImageOptions, decodedImages, type ImageSource, type OneSize, usualMaximumSide } from './decoded-images.js';
import { leftOutTally, tellLeftOut } from './left-out.js';
import { limit } from './limit.js';
import { shardFiles } from './shard-files.js';
import { shardIndex } from './shard-index.js';
import { shardLabels } from './shard-labels.js';
import type { SampleParts, ShardSamples } from './shard-samples.js';

export interface ImageShardsOptions extends DecodedImageOptions, SampleParts {
  /** Paths or patterns: `/data/train-{000000..000146}.tar`, `/data/*.tar`, or a folder for every .tar file in it. */
  readonly shards: string | readonly string[];
  /** Further shards, say of the test images: their class names are numbered together with these. */
  readonly siblings?: string | readonly string[] | undefined;
  /** Names of the classes by their number. By default the names in the shards, sorted; none if shards hold numbers. */
  readonly classes?: readonly string[] | undefined;
  /** The folder for lists of what shards hold, `false` for none. By default `shards` in the cache folder. */
  readonly cache?: string | false | undefined;
}

/**
 * A dataset over sharded tar files in WebDataset's layout: `000001.jpg` next to `000001.cls` or `000001.json`. Each shard is
 * listed once, by its headers alone, and the list is kept in the cache folder until the shard changes. Images are read from
 * their place in the shard, in any order; nothing is unpacked, and memory holds three numbers per image.
 *
 * Ids follow the order of the shards, then of their members. A class is a number or a name, in a member `cls` or a field
 * of a JSON member; −1 is unknown. Images, unreadable ones included, are treated as by `imageFolder`.
 * Shards must be plain tar files: a compressed one cannot be read from the middle.
 *
 * @throws DataError if a shard is missing or damaged, or a label is; from `read`, if an image cannot be read. It
 *   names the shard and the member.
 *
 * @example
 * const shards = '/data/imagenet-train-{000000..000146}.tar';
 * const train = () => imageShards({ shards, channels: 3 });
 *
 * @see the WebDataset format of Aizman, Maltby and Breuel 2020, "High Performance I/O For Large Scale Deep Learning"
 */
export function imageShards(options: ImageShardsOptions & OneSize): Promise<UniformImageDataset>;
export function imageShards(options: ImageShardsOptions): Promise<ImageDataset>;
export async function imageShards(options: ImageShardsOptions): Promise<ImageDataset> {
  const { shards, siblings, imageSize, channels, fit = 'cover', maximumSide = usualMaximumSide, image, label, classes } = options;
  const { cache = join(cacheFolder(), 'shards') } = options;
  checkDecodedImageOptions('imageShards', options);
  for (const [name, value] of Object.entries({ image, label })) {
    if (value === '' || value?.startsWith('.')) throw new ArgumentError(`imageShards.${name}`, 'an ending without its dot', value);
  }
  const decode = await imageDecoder('imageShards', { imageSize, channels, fit, maximumSide });
  const paths = await shardFiles('imageShards', shards);
  const further = siblings === undefined ? [] : await shardFiles('imageShards', siblings);
  const some = limit(4);
  const list = (path: string): Promise<ShardSamples> =>
    some(() => shardIndex('imageShards', path, { image, label }, cache === false ? undefined : cache));
  const [own, beside] = await Promise.all([Promise.all(paths.map(list)), Promise.all(further.map(list))]);
  const table = tableOf(paths, own);
  const place = typeof shards === 'string' ? shards : shards.join(', ');
  const tally = leftOutTally();
  own.forEach(({ leftOut }, i) => tally.join(leftOut, `${basename(paths[i]!)}: `));
  tellLeftOut(place, tally.groups(), options.onLeftOut);
  const source = {
    name: nameOf(resolve(typeof shards === 'string' ? shards : shards[0]!)),
    size: table.offsets.length,
    ...shardLabels('imageShards', { paths, shards: own }, { paths: further, shards: beside }, classes),
    fingerprint: digest(own.flatMap(({ names, sizes, labels }, i) => [basename(paths[i]!), names.join('\n'), sizes.join(), labels?.join('\n') ?? ''])),
    place,
    ...reader(table),
    async fileOf(index: number): Promise<string> {
      const shard = table.shardOf(index);
      const { names } = await list(paths[shard]!); // names are not kept: there may be millions
      return `${paths[shard]}: ${names[index - table.starts[shard]!]}`;
    },
  };
  return decodedImages('imageShards', source, decode, options);
}

/** `train-{000000..000146}` of a pattern of that name, or the folder's name if the pattern's says nothing. */
function nameOf(pattern: string): string {
  const name = basename(pattern).replace(/\.tar$/, '');
  return /[^*?]/.test(name) ? name : basename(dirname(pattern));
}

/** Where every image lies. */
interface Table {
  readonly paths: readonly string[];
  /** The id of each shard's first image. */
  readonly starts: readonly number[];
  readonly offsets: Float64Array;
  readonly sizes: Float64Array;
  shardOf(index: number): number;
}

function tableOf(paths: readonly string[], shards: readonly ShardSamples[]): Table {
  const starts: number[] = [];
  let size = 0;
  for (const { offsets } of shards) {
    starts.push(size);
    size += offsets.length;
  }
  const [offsets, sizes] = [new Float64Array(size), new Float64Array(size)];
  shards.forEach((shard, i) => {
    offsets.set(shard.offsets, starts[i]);
    sizes.set(shard.sizes, starts[i]);
  });
  return {
    paths,
    starts,
    offsets,
    sizes,
    shardOf(index) {
      let [low, high] = [0, starts.length - 1];
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (starts[middle]! <= index) low = middle;
        else high = middle - 1;
      }
      return low;
    },
  };
}

const readBytes = (file: number, into: Uint8Array, done: number, at: number): Promise<number> =>
  new Promise((resolve, reject) => {
    read(file, into, done, into.length - done, at, (error, count) => (error ? reject(error) : resolve(count)));
  });

/** Reads and decodes by number. A shard is only open while any of its images is being read. */
function reader({ paths, offsets, sizes, shardOf }: Table): Pick<ImageSource, 'open'> {
  const opened = new Map<number, { readonly file: number; readers: number }>();
  return {
    async open(index, decode) {
      const shard = shardOf(index);
      const bytes = Buffer.allocUnsafe(sizes[index]!);
      try {
        // opened here and now: a training step may hold JavaScript's thread from now on, and what is not yet asked for waits
        const held = opened.get(shard) ?? { file: openSync(paths[shard]!, 'r'), readers: 0 };
        opened.set(shard, held);
        held.readers++;
        try {
          for (let done = 0; done < bytes.length; ) {
            const count = await readBytes(held.file, bytes, done, offsets[index]! + done);
            if (count === 0) throw new Error('it was shortened');
            done += count;
          }
        } finally {
          if (--held.readers === 0) {
            opened.delete(shard);
            closeSync(held.file);
          }
        }
      } catch (cause) {
        const { code, message } = cause as NodeJS.ErrnoException;
        throw new DataError('imageShards', `${paths[shard]} cannot be read (${code ?? message}).`, 'It was there when it was listed.', cause);
      }
      return decode(bytes);
    },
  };
}
