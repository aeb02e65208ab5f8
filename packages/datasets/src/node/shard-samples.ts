/** The samples of a shard: members of one name and different endings, as WebDataset groups them. */
import { open } from 'node:fs/promises';
import { DataError } from '@kindred/core';
import { filePieces } from './file-pieces.js';
import { imageEndings } from './image-files.js';
import { type TarMember, tarMembers } from './tar-members.js';

/** Which members are the image and the class of a sample. */
export interface SampleParts {
  /** The image's ending, `jpg` or `left.png`; without it, whichever ending of an image there is. */
  readonly image?: string | undefined;
  /**
   * The ending of the member that holds the class, `cls`, or of a JSON member with the path of a field, `json.label`;
   * `none` for no classes. Without it `cls`, else `json.label`, where a shard has them.
   */
  readonly label?: string | undefined;
}

/** Where the images of a shard lie. Entry i of each list is sample i, in the order of the shard. */
export interface ShardSamples {
  /** Names of the image members. */
  readonly names: readonly string[];
  readonly offsets: readonly number[];
  readonly sizes: readonly number[];
  /** What the label members say, as text. */
  readonly labels?: readonly string[] | undefined;
}

/** A label is a number or a name; a JSON member may hold more. */
const mostLabelBytes = { cls: 1024, json: 2 ** 20 };

/**
 * Lists the images of a shard: members that have a name in common up to its first dot are one sample, `000001.jpg` and
 * `000001.cls`. Samples without an image are passed over, and so are names that begin with a dot.
 *
 * @throws DataError, naming shard and member, where the shard is damaged, holds no image, or a sample has two images, two
 *   members of one ending, or no label where one is expected.
 */
export async function shardSamples(where: string, path: string, parts: SampleParts): Promise<ShardSamples> {
  const samples = grouped(where, path, await tarMembers(where, path));
  const images = new Map<string, TarMember>();
  for (const [key, members] of samples) {
    const image = imageOf(where, path, key, members, parts.image);
    if (image) images.set(key, image);
  }
  if (images.size === 0) {
    const endings = [...new Set([...samples.values()].flatMap((members) => [...members.keys()]))].slice(0, 5).join(', ');
    const wanted = parts.image === undefined ? 'an image' : `.${parts.image}`;
    throw new DataError(where, `${path} holds no member with the ending of ${wanted}, but ${endings || 'nothing'}.`, 'Name the ending as image.');
  }
  const label = parts.label ?? (await usualLabel(path, [...images.keys()].map((key) => samples.get(key)!)));
  const found = [...images.values()];
  return {
    names: found.map(({ name }) => name),
    offsets: found.map(({ offset }) => offset),
    sizes: found.map(({ size }) => size),
    ...(label !== 'none' && { labels: await labelsOf(where, path, images, samples, label) }),
  };
}

type Samples = Map<string, Map<string, TarMember>>;

/** Members by what their names have in common, then by ending. */
function grouped(where: string, path: string, members: readonly TarMember[]): Samples {
  const samples: Samples = new Map();
  for (const member of members) {
    // the last part of the name up to its first dot, and the rest
    const [, key, ending] = /^((?:.*\/)?[^./][^./]*)\.([^/]+)$/.exec(member.name) ?? [];
    if (key === undefined) continue;
    const endings = samples.get(key) ?? new Map<string, TarMember>();
    samples.set(key, endings);
    const lower = ending!.toLowerCase();
    if (endings.has(lower)) throw new DataError(where, `${path} has two members ${key}.${lower}.`, 'Give every sample a name of its own.');
    endings.set(lower, member);
  }
  return samples;
}

function imageOf(where: string, path: string, key: string, members: Map<string, TarMember>, image: string | undefined): TarMember | undefined {
  if (image !== undefined) return members.get(image.toLowerCase());
  const found = [...members.keys()].filter((ending) => imageEndings.has(ending));
  if (found.length > 1) {
    throw new DataError(where, `${path} has ${found.length} images of ${key} (${found.join(', ')}).`, `Name one ending as image.`);
  }
  return found[0] === undefined ? undefined : members.get(found[0]);
}

/** `cls`, else `json.label`, where any of the samples has it. */
async function usualLabel(path: string, samples: readonly Map<string, TarMember>[]): Promise<string> {
  if (samples.some((members) => members.has('cls'))) return 'cls';
  const json = samples.find((members) => members.has('json'))?.get('json');
  if (json === undefined || json.size > mostLabelBytes.json) return 'none';
  const [content] = await contents(path, [json]);
  return field(content!, ['label']) === undefined ? 'none' : 'json.label';
}

async function labelsOf(
  where: string,
  path: string,
  images: ReadonlyMap<string, TarMember>,
  samples: Samples,
  label: string,
): Promise<string[]> {
  const [ending, ...fields] = label.split('.') as [string, ...string[]];
  const members = [...images].map(([key, image]) => {
    const member = samples.get(key)!.get(ending.toLowerCase());
    if (member === undefined) {
      throw new DataError(where, `${path} has ${image.name}, but no ${key}.${ending} with its class.`, 'Write -1 where a class is unknown.');
    }
    if (member.size > (fields.length > 0 ? mostLabelBytes.json : mostLabelBytes.cls)) {
      throw new DataError(where, `${path}: ${member.name} has ${member.size} bytes, expected a class.`);
    }
    return member;
  });
  const texts = await contents(path, members);
  return texts.map((text, i) => {
    const value = fields.length > 0 ? field(text, fields) : text.trim();
    if (value === undefined || value === '') {
      const what = fields.length > 0 ? `has no ${fields.join('.')} that is a number or a text` : 'is empty';
      throw new DataError(where, `${path}: ${members[i]!.name} ${what}.`, 'Write -1 where a class is unknown.');
    }
    return value;
  });
}

/** A number or text within JSON; undefined where there is none. */
function field(text: string, path: readonly string[]): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  for (const name of path) value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
  return typeof value === 'number' || typeof value === 'string' ? String(value) : undefined;
}

/** The content of members, read in their order. */
async function contents(path: string, members: readonly TarMember[]): Promise<string[]> {
  const file = await open(path);
  try {
    const texts: string[] = [];
    const bytesAt = filePieces(file);
    for (const { offset, size } of members) texts.push((await bytesAt(offset, size)).toString('utf8'));
    return texts;
  } finally {
    await file.close();
  }
}
