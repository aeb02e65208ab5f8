/** Reads small parts of a file that lie near one another. */
import type { FileHandle } from 'node:fs/promises';

/** Small parts that lie close together are read in one piece, those between large ones alone. */
const pieceBytes = 32 * 1024;

/**
 * A function that returns `length` bytes at `at`, fewer at the end of the file, from a piece that it keeps. The bytes are
 * a view: they hold until the next call.
 */
export function filePieces(file: FileHandle): (at: number, length: number) => Promise<Buffer> {
  let piece: Buffer = Buffer.alloc(0);
  let start = 0;
  return async (at, length) => {
    if (at < start || at + length > start + piece.length) {
      const target = Buffer.allocUnsafe(Math.max(pieceBytes, length));
      const { bytesRead } = await file.read(target, 0, target.length, at);
      [piece, start] = [target.subarray(0, bytesRead), at];
    }
    return piece.subarray(at - start, at - start + length);
  };
}
