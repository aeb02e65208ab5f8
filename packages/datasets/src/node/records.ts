/** Records of one length in large files, read by number. */
import { type FileHandle, open } from 'node:fs/promises';
import { DataError } from '@kindred/core';

/** A file of `size` records. */
export interface RecordFile {
  readonly path: string;
  readonly size: number;
}

/**
 * The records of these numbers, one after another. Files follow one another: the first record of the second file has the
 * number of records of the first. Files are open only while they are read.
 *
 * @throws DataError if a file cannot be read, or is shorter than it was.
 */
export async function readRecords(
  where: string,
  files: readonly RecordFile[],
  bytes: number,
  indices: Int32Array,
): Promise<Uint8Array> {
  const out = new Uint8Array(indices.length * bytes);
  const handles = new Map<RecordFile, Promise<FileHandle>>();
  const handleOf = (file: RecordFile): Promise<FileHandle> => {
    const handle = handles.get(file) ?? open(file.path);
    handles.set(file, handle);
    return handle;
  };
  try {
    await Promise.all(
      Array.from(indices, async (index, row) => {
        const { file, record } = at(files, index);
        let read = 0;
        try {
          const handle = await handleOf(file);
          while (read < bytes) {
            const { bytesRead } = await handle.read(out, row * bytes + read, bytes - read, record * bytes + read);
            if (bytesRead === 0) break;
            read += bytesRead;
          }
        } catch (cause) {
          throw new DataError(where, `${file.path} cannot be read (${(cause as NodeJS.ErrnoException).code}).`, undefined, cause);
        }
        if (read < bytes) throw new DataError(where, `${file.path} ends within record ${record}.`, 'It was shortened since.');
      }),
    );
  } finally {
    const opened = await Promise.allSettled(handles.values());
    await Promise.all(opened.map((handle) => (handle.status === 'fulfilled' ? handle.value.close() : undefined)));
  }
  return out;
}

function at(files: readonly RecordFile[], index: number): { file: RecordFile; record: number } {
  let record = index;
  for (const file of files) {
    if (record < file.size) return { file, record };
    record -= file.size;
  }
  throw new RangeError(`record ${index} is beyond the last file`);
}
