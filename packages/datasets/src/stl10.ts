/** The binary format of STL-10. */
import { DataError } from '@kindred/core';

const side = 96;
const plane = side * side;

/** Bytes of one image of STL-10. */
export const stl10ImageBytes = 3 * plane;

/**
 * Decodes images of STL-10: 9,216 red, 9,216 green and 9,216 blue bytes, each plane **column** by column, as Matlab keeps
 * them. Read row by row the images lie on their side.
 *
 * @returns `[N, 96, 96, 3]`, row-major, 0..255.
 * @throws DataError if the bytes are not a whole number of images.
 *
 * @example
 * decodeStl10(new Uint8Array(27_648).fill(9, 0, 9216)).subarray(0, 3); // => Uint8Array.of(9, 0, 0)
 *
 * @see Coates, Ng and Lee 2011, "An Analysis of Single-Layer Networks in Unsupervised Feature Learning"
 */
export function decodeStl10(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0 || bytes.length % stl10ImageBytes !== 0) {
    throw new DataError(
      'decodeStl10',
      `received ${bytes.length} bytes, expected a multiple of ${stl10ImageBytes}, the length of an image.`,
      'The file is cut off, or not of the binary version.',
    );
  }
  const images = new Uint8Array(bytes.length);
  for (let start = 0; start < bytes.length; start += stl10ImageBytes) {
    let out = start;
    for (let y = 0; y < side; y++) {
      for (let source = start + y; source < start + plane; source += side) {
        images[out++] = bytes[source]!;
        images[out++] = bytes[source + plane]!;
        images[out++] = bytes[source + 2 * plane]!;
      }
    }
  }
  return images;
}
