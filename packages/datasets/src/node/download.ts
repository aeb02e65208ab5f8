/** Downloads one file: resumed where it was cut off, checked, and put in place whole or not at all. */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { DataError, KindredError } from '@kindred/core';

/** The progress of a download. */
export interface DownloadProgress {
  /** The file's name. */
  readonly file: string;
  /** Bytes that are on disk. */
  readonly received: number;
  /** Bytes of the whole file, if the server says so. */
  readonly total?: number;
}

export interface DownloadOptions {
  /** The name that errors use. */
  readonly where: string;
  readonly address: string;
  /** Where the file goes; its folder is made. What was received so far is kept next to it as `<file>.part`. */
  readonly file: string;
  /** The MD5 of the whole file, in hexadecimal, as its publisher gives it. */
  readonly md5: string;
  /** The last sentence of an error: how to do without the download. */
  readonly remedy: string;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  /** How often a broken connection is resumed. 3 by default. */
  readonly retries?: number;
  /** Seconds without a byte after which a connection counts as broken. 60 by default. */
  readonly patience?: number;
}

/**
 * @throws DataError if the address cannot be reached, the server refuses, the folder cannot be written, or the bytes
 *   are not those of the checksum (then they are deleted).
 */
export async function download(options: DownloadOptions): Promise<void> {
  const { where, address, file, md5, remedy, retries = 3 } = options;
  const part = `${file}.part`;
  let target: FileHandle;
  try {
    await mkdir(dirname(file), { recursive: true });
    // Bytes are written at their place, never appended: two programs may download the same file at once
    target = await open(part, constants.O_RDWR | constants.O_CREAT);
  } catch (cause) {
    throw new DataError(where, `${dirname(file)} cannot be written.`, remedy, cause);
  }
  try {
    for (let attempt = 0; ; attempt++) {
      try {
        await receive(target, options);
        break;
      } catch (cause) {
        if (KindredError.is(cause)) throw cause;
        if (attempt < retries) continue;
        throw new DataError(where, `${address} cannot be reached (${reason(cause)}).`, remedy, cause);
      }
    }
    await target.sync();
    const received = await checksum(target);
    if (received !== md5) {
      await rm(part, { force: true });
      throw new DataError(where, `${address} gave a file of MD5 ${received}, expected ${md5}. It was deleted.`, remedy);
    }
  } finally {
    await target.close();
  }
  // Another program may have been faster
  await rename(part, file).catch((cause: unknown) => stat(file).catch(() => Promise.reject(cause)));
}

/** Receives what is missing. Throws a DataError if another attempt is pointless. */
async function receive(target: FileHandle, options: DownloadOptions): Promise<void> {
  const { where, address, file, remedy, onProgress, patience = 60 } = options;
  const present = (await target.stat()).size;
  const connection = new AbortController();
  const arm = () => setTimeout(() => connection.abort(new Error(`nothing received for ${patience} s`)), patience * 1000);
  let timer = arm();
  try {
    const response = await fetch(address, {
      headers: present > 0 ? { range: `bytes=${present}-` } : {},
      signal: connection.signal,
    });
    const range = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
    if (response.status === 416 && present > 0) {
      await response.body?.cancel();
      // Nothing is missing, or the part belongs to another file: the checksum decides
      if (range?.[2] === String(present)) return;
      await target.truncate(0);
      throw new Error('the server has a shorter file than was here');
    }
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      if (response.status >= 500) throw new Error(`status ${response.status}`);
      throw new DataError(where, `${address} answered ${response.status} ${response.statusText}.`, remedy);
    }
    const resumed = response.status === 206 && Number(range?.[1]) === present;
    if (response.status === 206 && !resumed) throw new Error('the server sent another part than was asked for');
    let position = resumed ? present : 0;
    const length = response.headers.get('content-length');
    const total = resumed ? Number(range?.[2]) : length === null ? NaN : Number(length);
    for await (const chunk of response.body) {
      clearTimeout(timer);
      timer = arm();
      await target.write(chunk, 0, chunk.length, position);
      position += chunk.length;
      onProgress?.({ file: basename(file), received: position, ...(Number.isFinite(total) && { total }) });
    }
    if (position < total) throw new Error(`cut off after ${position} of ${total} bytes`);
    await target.truncate(position);
  } finally {
    clearTimeout(timer);
  }
}

/** The MD5 of a file, in hexadecimal. */
async function checksum(file: FileHandle): Promise<string> {
  const hash = createHash('md5');
  for await (const chunk of file.createReadStream({ start: 0, autoClose: false })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

function reason(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: { code?: string; message?: string } };
  return cause?.code ?? cause?.message ?? message ?? String(error);
}
