/** NumPy's .npy format, for one float32 array. */
import { DataError } from '@kindred/core';

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // \x93NUMPY

/**
 * The header of a .npy file (version 1.0) for a `[rows, columns]` float32 array.
 *
 * @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export function npyHeader(rows: number, columns: number): Uint8Array {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${columns}), }`;
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10;
  const bytes = Buffer.alloc(10 + length, ' ');
  bytes.set([...magic, 1, 0, length & 255, length >> 8]);
  bytes.write(text, 10, 'latin1');
  bytes[bytes.length - 1] = 0x0a;
  return bytes;
}

/** The values and shape of a two-dimensional .npy file of little-endian float32. @throws DataError */
export function decodeNpy(where: string, bytes: Uint8Array): { readonly values: Float32Array; readonly rows: number; readonly columns: number } {
  const bad = (what: string): DataError => new DataError(where, `is no .npy file of [N, D] float32: ${what}.`, 'Write it again.');
  if (bytes.length < 12 || magic.some((byte, i) => bytes[i] !== byte)) throw bad('it begins otherwise');
  const start = bytes[6] === 1 ? 10 : 12;
  const length = bytes[6] === 1 ? bytes[8]! | (bytes[9]! << 8) : new DataView(bytes.buffer, bytes.byteOffset).getUint32(8, true);
  const header = Buffer.from(bytes.subarray(start, start + length)).toString('latin1');
  const [, rows, columns] = /'shape': \((\d+), (\d+),?\)/.exec(header) ?? [];
  if (!header.includes("'<f4'") || !header.includes("'fortran_order': False") || columns === undefined) throw bad(`its header is ${header.trim()}`);
  const data = bytes.slice(start + length);
  if (data.length !== Number(rows) * Number(columns) * 4) throw bad(`it has ${data.length} bytes for [${rows}, ${columns}]`);
  return { values: new Float32Array(Uint8Array.from(data).buffer), rows: Number(rows), columns: Number(columns) };
}
