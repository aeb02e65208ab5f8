/** Takes single files out of a wheel (a zip archive), streaming: the largest is 790 MB. */
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { BackendError } from '@kindred/core';
import yauzl, { type Entry, type ZipFile } from 'yauzl';

/** Writes the entries `prefix/name` of `archive` to `folder/name`, for each of `names`. */
export async function extractFiles(archive: string, prefix: string, names: readonly string[], folder: string): Promise<void> {
  const wanted = new Map(names.map((name) => [`${prefix}/${name}`, join(folder, name)]));
  const zip = await open(archive);
  try {
    for await (const entry of entries(zip)) {
      const target = wanted.get(entry.fileName);
      if (target === undefined) continue;
      wanted.delete(entry.fileName);
      await mkdir(dirname(target), { recursive: true });
      // yauzl itself fails where the number of bytes is not the one in the archive's directory
      await pipeline(await read(zip, entry), createWriteStream(target, { highWaterMark: 1 << 20 }));
      if (wanted.size === 0) break;
    }
  } finally {
    zip.close();
  }
  if (wanted.size > 0) {
    throw new BackendError('setUpTensorFlow', `${archive} does not hold ${[...wanted.keys()].join(', ')}.`, 'Delete it and run the set-up again.');
  }
}

function open(archive: string): Promise<ZipFile> {
  return new Promise((resolve, reject) => {
    yauzl.open(archive, { lazyEntries: true, autoClose: false }, (error, zip) => (error ? reject(error) : resolve(zip)));
  });
}

/** One entry after the other, the next only when the last was dealt with. */
async function* entries(zip: ZipFile): AsyncGenerator<Entry> {
  for (;;) {
    const entry = await new Promise<Entry | undefined>((resolve, reject) => {
      const settle = (done: () => void) => {
        zip.removeAllListeners();
        done();
      };
      zip.once('entry', (found: Entry) => settle(() => resolve(found)));
      zip.once('end', () => settle(() => resolve(undefined)));
      zip.once('error', (error: Error) => settle(() => reject(error)));
      zip.readEntry();
    });
    if (!entry) return;
    yield entry;
  }
}

function read(zip: ZipFile, entry: Entry): Promise<Readable> {
  return new Promise((resolve, reject) => {
    zip.openReadStream(entry, (error, stream) => (error ? reject(error) : resolve(stream)));
  });
}
