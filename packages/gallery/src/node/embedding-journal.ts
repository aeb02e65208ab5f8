/** A journal of embeddings in progress: finished work is on disk, so that a program that was killed can resume from there. */
import { createReadStream, existsSync } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, rm, stat, truncate } from 'node:fs/promises';
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
  const named = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw KindredError.is(error) ? error : writeError(file, error);
    }
  };
  return named(async () => {
    await mkdir(folder, { recursive: true });
    const holder = await readFile(lock, 'utf8').catch(() => '');
    if (holder !== '' && holder !== thisWriter().mark && isAlive(holder) === true) throw new DataError(folder, 'is being written by another process.', 'Wait for it, or choose another file.');
    let images: JournalImage[] = [];
    let files: readonly [FileHandle, FileHandle] | undefined;
    const close = async (): Promise<void> => {
      await Promise.all(files?.map((each) => each.close()) ?? []);
      if (images.length === 0) await rm(folder, { recursive: true, force: true });
      else await rm(lock, { force: true });
    };
    const done = new Set<string>();
    const add = async (more: readonly JournalImage[], rows: Float32Array): Promise<void> => {
      const [lineFile, rowFile] = files!;
      // the numbers first: a line means that its row has been written
      await rowFile.writeFile(new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength));
      await lineFile.writeFile(more.map((image) => `${JSON.stringify(image)}\n`).join(''));
      for (const image of more) {
        images.push(image);
        done.add(image.id);
      }
    };
    const fresh = !existsSync(about);
    try {
      await writeFileAtomic(lock, thisWriter().mark);
      if (fresh) {
        await Promise.all([lines, numbers].map((old) => rm(old, { force: true }))); // left by a journal that was finished
        await writeFileAtomic(about, JSON.stringify({ source, dimension }));
      } else {
        const known = JSON.parse(await readFile(about, 'utf8')) as { source: EmbeddingSource };
        images = await readBack(lines, numbers, dimension);
        checkSameWeights(folder, known.source, source);
      }
      for (const { id } of images) done.add(id);
      files = await openBoth(lines, numbers);
      // a journal that was interrupted here holds some of them
      if (before !== undefined) await copyBefore(before, done, add);
    } catch (error) {
      await close().catch(() => undefined); // the disk may be gone
      throw error;
    }
    return {
      done,
      add: (more, rows) => named(() => add(more, rows)),
      close: () => named(close),
      finish: () =>
        named(async () => {
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
          await Promise.all(files!.map((each) => each.close()));
          await rm(about); // without it the rest counts for nothing, should it not be removed
          await rm(folder, { recursive: true, force: true });
          return { images: read.length, errors: errors.length };
        }),
    };
  });
}

/** Opens two files to append to, or none. */
async function openBoth(one: string, other: string): Promise<readonly [FileHandle, FileHandle]> {
  const first = await open(one, 'a');
  try {
    return [first, await open(other, 'a')];
  } catch (error) {
    await first.close();
    throw error;
  }
}

/** Rows from before that are not there yet; images that could not be read then are tried again. */
async function copyBefore({ about: { ids, classes, dimension }, heights, widths, labels, rows }: EmbeddingParts, done: ReadonlySet<string>, add: EmbeddingJournal['add']): Promise<void> {
  let at = 0;
  for await (const values of rows()) {
    const count = values.length / dimension;
    const own = Array.from({ length: count }, (_, i) => i).filter((i) => !done.has(ids[at + i]!));
    const left = new Float32Array(own.length * dimension);
    own.forEach((i, place) => left.set(values.subarray(i * dimension, (i + 1) * dimension), place * dimension));
    await add(own.map((i) => ({ id: ids[at + i]!, height: heights[at + i]!, width: widths[at + i]!, class: classOf(classes, labels?.[at + i]) })), left);
    at += count;
  }
}

const classOf = (classes: readonly string[] | undefined, label = -1): string | undefined => (label < 0 ? undefined : (classes?.[label] ?? String(label)));

/** The images whose entries are complete, and whose rows are there; anything written after them is cut off. */
async function readBack(lines: string, numbers: string, dimension: number): Promise<JournalImage[]> {
  const text = existsSync(lines) ? await readFile(lines, 'utf8') : '';
  const rows = existsSync(numbers) ? Math.floor((await stat(numbers)).size / (4 * dimension)) : 0;
  const images: JournalImage[] = [];
  let [bytes, read] = [0, 0];
  for (const line of text.split('\n').slice(0, -1)) {
    const image = parsed(line);
    if (image === undefined || (image.reason === undefined && read === rows)) break; // what a power cut has left
    images.push(image);
    bytes += Buffer.byteLength(line) + 1;
    if (image.reason === undefined) read += 1;
  }
  if (existsSync(lines)) await truncate(lines, bytes);
  if (existsSync(numbers)) await truncate(numbers, read * dimension * 4);
  return images;
}

function parsed(line: string): JournalImage | undefined {
  try {
    return JSON.parse(line) as JournalImage;
  } catch {
    return undefined;
  }
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
