/** The embeddings of an index on disk: rows are read on demand, everything else is in memory. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { DataError, decodeSafetensorsHeader, type SafetensorsEntry } from '@kindred/core';
import { checkEmbeddings, type Embeddings } from '../embeddings.js';
import { type EmbeddingsAbout, field, readAbout } from '../embeddings-file.js';

/** An open embeddings file. */
export interface RowsFile {
  readonly about: EmbeddingsAbout;
  readonly labels?: Int32Array | undefined;
  /** Reads some rows, in the order given. @throws DataError if the file can no longer be read. */
  take(rows: ArrayLike<number>): Float32Array;
  /** Reads everything; the numbers then stay in memory. @throws DataError */
  all(): Embeddings;
}

/** Bytes read by one call; Node cannot read more than 2 GiB at once. */
const block = 2 ** 28;

/**
 * Opens a file written by `encodeEmbeddings` and reads its header.
 *
 * @throws DataError for a file that does not exist, is damaged, or holds no embeddings.
 */
export function openRowsFile(file: string): RowsFile {
  const { entries, about } = reading(file, (read, size) => {
    const length = size < 8 ? 0 : Number(new DataView(read(0, 8).buffer).getBigUint64(0, true));
    const { entries, metadata } = decodeSafetensorsHeader(read(0, Math.min(size, 8 + length)), size, file);
    return { entries, about: readAbout(file, metadata[field]) };
  });
  const { ids, dimension } = about;
  const entry = (name: string, dtype: string, shape: readonly number[]): SafetensorsEntry => {
    const found = entries[name];
    if (found?.dtype === dtype && found.shape.join() === shape.join()) return found;
    throw new DataError(file, `holds no ${dtype} tensor ${name} [${shape.join(', ')}].`, remedy);
  };
  const numbers = entry('embeddings', 'F32', [ids.length, dimension]);
  const rowBytes = dimension * 4;
  const wholes = (name: string): Int32Array => {
    const { from, to } = entry(name, 'I32', [ids.length]);
    return reading(file, (read) => new Int32Array(read(from, to - from).buffer));
  };
  const labels = entries['labels'] && wholes('labels');
  let whole: Embeddings | undefined;
  return {
    about,
    labels,
    take(rows) {
      const taken = new Float32Array(rows.length * dimension);
      if (whole !== undefined) for (let i = 0; i < rows.length; i++) taken.set(whole.values.subarray(rows[i]! * dimension, (rows[i]! + 1) * dimension), i * dimension);
      else reading(file, (read) => {
        for (let i = 0; i < rows.length; i++) read(numbers.from + rows[i]! * rowBytes, rowBytes, new Uint8Array(taken.buffer, i * rowBytes, rowBytes));
      });
      return taken;
    },
    all() {
      whole ??= checkEmbeddings(file, {
        ...about,
        values: reading(file, (read) => new Float32Array(read(numbers.from, numbers.to - numbers.from).buffer)),
        heights: wholes('heights'),
        widths: wholes('widths'),
        ...(labels && { labels }),
      });
      return whole;
    },
  };
}

const remedy = 'Make the index again.';

/** Reads bytes from a position, into a new array unless one is given. */
type Read = (from: number, bytes: number, into?: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>;

function reading<T>(file: string, work: (read: Read, size: number) => T): T {
  let handle: number | undefined;
  try {
    const open = (handle = openSync(file, 'r'));
    return work((from, bytes, into = new Uint8Array(bytes)) => {
      for (let at = 0; at < bytes;) {
        const read = readSync(open, into, at, Math.min(block, bytes - at), from + at);
        if (read === 0) throw new DataError(file, `ends at byte ${from + at}.`, remedy);
        at += read;
      }
      return into;
    }, fstatSync(open).size);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === undefined) throw cause;
    throw new DataError(file, code === 'ENOENT' ? 'is not there.' : `cannot be read (${code}).`, remedy, cause);
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}
