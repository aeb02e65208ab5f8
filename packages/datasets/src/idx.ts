/** The IDX format, in which MNIST is published. */
import { DataError } from '@kindred/core';

/** The content of an IDX file. */
export interface IdxContent {
  /** The length of every dimension, `[60000, 28, 28]`. */
  readonly shape: readonly number[];
  /** The values, row-major: a view of the file's bytes. */
  readonly values: Uint8Array;
}

/**
 * Decodes an IDX file of bytes: two zeros, the type 8, the number of dimensions, the length of each as four bytes, most
 * significant first, and the values.
 *
 * @throws DataError if the bytes have another format or type, or are more or fewer than the lengths say.
 *
 * @example
 * decodeIdx(Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 7, 9)).values; // => Uint8Array.of(7, 9)
 *
 * @see LeCun, Cortes and Burges, "The MNIST database of handwritten digits", file formats
 */
export function decodeIdx(bytes: Uint8Array): IdxContent {
  if (!(bytes.length >= 4 && bytes[0] === 0 && bytes[1] === 0 && bytes[2] === 8)) {
    const received = [...bytes.subarray(0, 4)].join(' ') || 'nothing';
    throw new DataError('decodeIdx', `the file starts with ${received}, expected 0 0 8, the IDX format with bytes.`);
  }
  const dimensions = bytes[3]!;
  const start = 4 + 4 * dimensions;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const shape = Array.from({ length: bytes.length >= start ? dimensions : 0 }, (_, i) => view.getUint32(4 + 4 * i));
  const expected = start + shape.reduce((product, length) => product * length, 1);
  if (dimensions === 0 || bytes.length !== expected) {
    const what = bytes.length < start ? `its ${dimensions} lengths alone take ${start}` : `[${shape.join(', ')}] takes ${expected}`;
    throw new DataError('decodeIdx', `received ${bytes.length} bytes, but ${what}.`, 'The file is cut off, or something else.');
  }
  return { shape, values: bytes.subarray(start) };
}
