/** A journal of embeddings in progress: finished work is on disk, so that a program that was killed can resume from there. */
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, open, readFile, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError, KindredError } from '@kindred/core';
import { isAlive, thisWriter, writeError, writeFileAtomic } from '@kindred/core/node';
import { checkSameWeights, type EmbeddingSource } from '../embeddings.js';
import { suffixOf, writeEmbeddingParts } from './embeddings-files.js';
import type { EmbeddingParts } from './embedding-parts.js';

/** A journal entry: an image with its row, or with the reason it has none. */
export interface JournalImage {
  readonly id: string;
  readonly height?: number;
  readonly width?: number;
  /** The name of its class. */
  readonly class?: string | undefined;
  /** Why it could not be read. */
  readonly reason?: string;
}

/** A growing set of embeddings. */
export interface EmbeddingJournal {
  /** Ids of the images that are done, including unreadable ones. */
  readonly done: ReadonlySet<string>;
  /** Adds images, and the rows of those that have one, in the same order. */
  add(images: readonly JournalImage[], rows: Float32Array): Promise<void>;
  /** Writes the final file and removes the journal. */
  finish(): Promise<{ readonly images: number; readonly errors: number }>;
  /** Stops working on the journal; what was added stays for the next time. */
  close(): Promise<void>;
}

/** What a new journal starts with. */
export interface JournalOptions {
  readonly source: EmbeddingSource;
  readonly dimension: number;
  /** The contents of an existing file that the new rows are added to. */
  readonly before?: EmbeddingParts | undefined;
}

/**
 * Opens the journal of an embeddings file, the folder `<file>.unfinished`, and resumes it if it exists.
 *
 * @throws DataError if another process is writing it, or it cannot be written. @throws KindredError (`WeightsError`) if it was made with other weights.
 *
 * @example
 * openEmbeddingJournal instanceof Function; // => true
 */
export async function openEmbeddingJournal(file: string, { source, dimension, before }: JournalOptions): Promise<EmbeddingJournal> {
  suffixOf('embeddings', file);
  const folder = `${file}.unfinished`;
  const [about, lines, numbers, lock] = ['about.json', 'images.jsonl', 'rows.f32', 'lock'].map((name) => join(folder, name)) as [string, string, string, string];
  const fresh = !existsSync(about);
  try {
    await mkdir(folder, { recursive: true });
    const holder = await readFile(lock, 'utf8').catch(() => '');
    if (holder !== '' && holder !== thisWriter().mark && isAlive(holder) === true) throw new DataError(folder, 'is being written by another process.', 'Wait for it, or choose another file.');
    await writeFileAtomic(lock, thisWriter().mark);
    if (fresh) await writeFileAtomic(about, JSON.stringify({ source, dimension }));
  } catch (error) {
    if (fresh && !(KindredError.is(error) && error.message.includes('another process'))) await rm(folder, { recursive: true, force: true }).catch(() => undefined);
    throw KindredError.is(error) ? error : writeError(file, error);
  }
  if (!fresh) {
    const known = JSON.parse(await readFile(about, 'utf8')) as { source: EmbeddingSource };
    try {
      checkSameWeights(folder, known.source, source);
    } catch (error) {
      await rm(lock, { force: true });
      throw error;
    }
  }
  const images = await readBack(lines, numbers, dimension);
  const done = new Set(images.map(({ id }) => id));
  const [lineFile, rowFile] = [await open(lines, 'a'), await open(numbers, 'a')];
  const journal = {
    async add(more: readonly JournalImage[], rows: Float32Array): Promise<void> {
      try {
        // the numbers first: a line means that its row has been written
        await rowFile.writeFile(new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength));
        await lineFile.writeFile(more.map((image) => `${JSON.stringify(image)}\n`).join(''));
      } catch (error) {
        throw writeError(file, error);
      }
      for (const image of more) {
        images.push(image);
        done.add(image.id);
      }
    },
    async close(): Promise<void> {
      await Promise.all([lineFile.close(), rowFile.close()]);
      if (images.length === 0) await rm(folder, { recursive: true, force: true });
      else await rm(lock, { force: true });
    },
  };
  if (fresh && before !== undefined) await copyBefore(before, journal.add);
  return {
    done,
    ...journal,
    async finish() {
      const read = images.filter(({ reason }) => reason === undefined);
      const errors = images.flatMap(({ id, reason }) => (reason === undefined ? [] : [{ id, reason }]));
      const classes = [...new Set(read.flatMap((image) => image.class ?? []))].sort((a, b) => (a < b ? -1 : 1));
      const number = new Map(classes.map((name, label) => [name, label]));
      await writeEmbeddingParts(file, {
        about: { source, dimension, ids: read.map(({ id }) => id), ...(classes.length > 0 && { classes }), errors },
        heights: Int32Array.from(read, ({ height }) => height ?? 0),
        widths: Int32Array.from(read, ({ width }) => width ?? 0),
        labels: classes.length > 0 ? Int32Array.from(read, (image) => number.get(image.class ?? '') ?? -1) : undefined,
        rows: () => wholeRows(numbers, dimension),
      });
      await Promise.all([lineFile.close(), rowFile.close()]);
      await rm(folder, { recursive: true, force: true });
      return { images: read.length, errors: errors.length };
    },
  };
}

/** Rows from before; images that could not be read then are tried again. */
async function copyBefore({ about: { ids, classes, dimension }, heights, widths, labels, rows }: EmbeddingParts, add: EmbeddingJournal['add']): Promise<void> {
  let at = 0;
  for await (const values of rows()) {
    const own = ids.slice(at, at + values.length / dimension);
    const first = at;
    await add(own.map((id, i) => ({ id, height: heights[first + i]!, width: widths[first + i]!, class: classOf(classes, labels?.[first + i]) })), values);
    at += own.length;
  }
}

const classOf = (classes: readonly string[] | undefined, label = -1): string | undefined => (label < 0 ? undefined : (classes?.[label] ?? String(label)));

/** The images whose entries are complete; anything written after them is cut off. */
async function readBack(lines: string, numbers: string, dimension: number): Promise<JournalImage[]> {
  if (!existsSync(lines)) {
    await rm(numbers, { force: true });
    return [];
  }
  const text = await readFile(lines, 'utf8');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  const images = whole.split('\n').slice(0, -1).map((line) => JSON.parse(line) as JournalImage);
  await truncate(lines, Buffer.byteLength(whole));
  if (existsSync(numbers)) await truncate(numbers, images.filter(({ reason }) => reason === undefined).length * dimension * 4);
  return images;
}

/** Reads the rows of a float32 file, a few at a time. */
async function* wholeRows(file: string, dimension: number): AsyncGenerator<Float32Array> {
  const size = dimension * 4;
  let rest = new Uint8Array(); // a read may end in the middle of a row
  for await (const piece of createReadStream(file, { highWaterMark: size * Math.max(1, Math.floor((1 << 22) / size)) })) {
    const bytes = new Uint8Array(rest.length + (piece as Buffer).length);
    bytes.set(rest);
    bytes.set(piece as Buffer, rest.length);
    const whole = bytes.length - (bytes.length % size);
    rest = bytes.slice(whole);
    yield new Float32Array(bytes.buffer, 0, whole / 4);
  }
}
