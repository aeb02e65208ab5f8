/** The samples of a shard: members of one name and different endings, as WebDataset groups them. */
import { open } from 'node:fs/promises';
import { DataError } from '@kindred/core';
import { filePieces } from './file-pieces.js';
import { imageEndings } from './image-files.js';
import { type LeftOutGroup, type LeftOutTally, leftOutTally, ordinary } from './left-out.js';
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
  /** Members that were skipped, and images whose class is unknown though others have one. */
  readonly leftOut: readonly LeftOutGroup[];
}

const unlabelled = 'have no label in their JSON, and are of class -1, which is unknown';

/** A label is a number or a name; a JSON member may hold more. */
const mostLabelBytes = { cls: 1024, json: 2 ** 20 };

/**
 * Lists the images of a shard: members that have a name in common up to its first dot are one sample, `000001.jpg` and
 * `000001.cls`. Samples without an image are skipped, and so are names that begin with a dot.
 *
 * @throws DataError, naming shard and member, if the shard is damaged, holds no image, or a sample has two images, two
 *   members of one ending, or no label although one is expected.
 */
export async function shardSamples(where: string, path: string, parts: SampleParts): Promise<ShardSamples> {
  const { members, others } = await tarMembers(where, path);
  const tally = leftOutTally();
  for (const name of others) tally.add('are links or devices', name);
  const samples = grouped(where, path, members, tally);
  const images = new Map<string, TarMember>();
  for (const [key, own] of samples) {
    const image = imageOf(where, path, key, own, parts.image);
    if (image) images.set(key, image);
    else tally.add(`have no ${parts.image === undefined ? 'image' : `.${parts.image}`} of their name`, [...own.values()][0]!.name);
  }
  if (images.size === 0) {
    const endings = [...new Set([...samples.values()].flatMap((own) => [...own.keys()]))].slice(0, 5).join(', ');
    const wanted = parts.image === undefined ? 'an image' : `.${parts.image}`;
    throw new DataError(where, `${path} holds no member with the ending of ${wanted}, but ${endings || 'nothing'}.`, 'Name the ending as image.');
  }
  const found = [...images.values()];
  return {
    names: found.map(({ name }) => name),
    offsets: found.map(({ offset }) => offset),
    sizes: found.map(({ size }) => size),
    labels: await labelsOf(where, path, images, samples, parts.label, tally),
    leftOut: tally.groups(),
  };
}

type Samples = Map<string, Map<string, TarMember>>;

/** Members by what their names have in common, then by ending. */
function grouped(where: string, path: string, members: readonly TarMember[], tally: LeftOutTally): Samples {
  const samples: Samples = new Map();
  for (const member of members) {
    // the last part of the name up to its first dot, and the rest
    const [, key, ending] = /^((?:.*\/)?[^./][^./]*)\.([^/]+)$/.exec(member.name) ?? [];
    if (key === undefined) {
      tally.add(/(^|\/)\.[^/]*$/.test(member.name) ? ordinary : 'have names without an ending', member.name);
      continue;
    }
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

/** What the label members say; undefined if there are none. */
async function labelsOf(
  where: string,
  path: string,
  images: ReadonlyMap<string, TarMember>,
  samples: Samples,
  label: string | undefined,
  tally: LeftOutTally,
): Promise<string[] | undefined> {
  if (label === 'none') return undefined;
  const has = (ending: string): boolean => [...images.keys()].some((key) => samples.get(key)!.has(ending));
  if (label !== undefined || has('cls')) return expectedLabels(where, path, images, samples, label ?? 'cls');
  return has('json') ? possibleLabels(where, path, images, samples, tally) : undefined;
}

/** Labels that every image must have. */
async function expectedLabels(where: string, path: string, images: ReadonlyMap<string, TarMember>, samples: Samples, label: string): Promise<string[]> {
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
    if (typeof value === 'number' || (typeof value === 'string' && value !== '')) return String(value);
    const what = fields.length > 0 ? `has ${shown(value)} as ${fields.join('.')}, expected a number or a text` : 'is empty';
    throw new DataError(where, `${path}: ${members[i]!.name} ${what}.`, 'Write -1 where a class is unknown.');
  });
}

/**
 * The field `label` of JSON members, which nobody asked for: undefined if no member has it. Then those in which it is null or
 * missing are of class −1, and counted; anything but a number or a text is an error.
 */
async function possibleLabels(where: string, path: string, images: ReadonlyMap<string, TarMember>, samples: Samples, tally: LeftOutTally): Promise<string[] | undefined> {
  const members = [...images.keys()].map((key) => samples.get(key)!.get('json'));
  const readable = members.filter((member) => member !== undefined && member.size <= mostLabelBytes.json) as TarMember[];
  const texts = await contents(path, readable);
  const values = new Map(readable.map((member, i) => [member, field(texts[i]!, ['label'])]));
  if ([...values.values()].every((value) => value === undefined)) return undefined;
  return [...images.values()].map((image, i) => {
    const value = members[i] && values.get(members[i]);
    if (typeof value === 'number' || (typeof value === 'string' && value !== '')) return String(value);
    if (value !== undefined && value !== null && value !== '') {
      const remedy = "Write -1 where a class is unknown, or pass label: 'none' to read no labels.";
      throw new DataError(where, `${path}: ${members[i]!.name} has ${shown(value)} as label, expected a number or a text.`, remedy);
    }
    tally.add(unlabelled, image.name);
    return '-1';
  });
}

/** What is at a path within JSON; undefined if nothing is, or it is no JSON. */
function field(text: string, path: readonly string[]): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return undefined;
  }
  for (const name of path) value = typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
  return value;
}

/** A value of JSON, short. */
function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 37)}...` : text;
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
