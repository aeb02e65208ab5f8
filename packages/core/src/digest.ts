/** Short identifiers for long content. */

// Every runtime has it; the package is compiled with the declarations of none
declare const TextEncoder: new () => { encode(text: string): Uint8Array };

/**
 * A digest of the parts, 16 hexadecimal digits: xxHash32 with two seeds. It detects differences by accident,
 * not on purpose: use a cryptographic hash where somebody could profit from a collision. Where one part ends and the next begins
 * matters.
 *
 * @example
 * digest(['a', 'bc']) === digest(['ab', 'c']); // => false
 *
 * @see https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
 */
export function digest(parts: Iterable<string | number | Uint8Array | Int32Array>): string {
  let [one, two] = [1, 2];
  for (const part of parts) {
    const bytes = bytesOf(part);
    one = xxHash32(bytes, one);
    two = xxHash32(bytes, two);
  }
  return [one, two].map((word) => word.toString(16).padStart(8, '0')).join('');
}

function bytesOf(part: string | number | Uint8Array | Int32Array): Uint8Array {
  if (part instanceof Uint8Array) return part;
  if (part instanceof Int32Array) return new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
  return new TextEncoder().encode(typeof part === 'number' ? `#${part}` : part);
}

const [P1, P2, P3, P4, P5] = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f, 0x165667b1];
const turned = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits));
const round = (lane: number, word: number): number => Math.imul(turned((lane + Math.imul(word, P2)) | 0, 13), P1);

/** xxHash32 of bytes. */
export function xxHash32(bytes: Uint8Array, seed: number): number {
  const { length } = bytes;
  // words are read as they lie in memory, little-endian wherever JavaScript runs
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const words = new Int32Array(aligned.buffer, aligned.byteOffset, length >>> 2);
  let at = 0;
  let hash = (seed + P5) | 0;
  if (length >= 16) {
    let [a, b, c, d] = [(seed + P1 + P2) | 0, (seed + P2) | 0, seed | 0, (seed - P1) | 0];
    for (const end = words.length - 4; at <= end; at += 4) {
      a = round(a, words[at]!);
      b = round(b, words[at + 1]!);
      c = round(c, words[at + 2]!);
      d = round(d, words[at + 3]!);
    }
    hash = (turned(a, 1) + turned(b, 7) + turned(c, 12) + turned(d, 18)) | 0;
  }
  hash = (hash + length) | 0;
  for (; at < words.length; at++) hash = Math.imul(turned((hash + Math.imul(words[at]!, P3)) | 0, 17), P4);
  for (at *= 4; at < length; at++) hash = Math.imul(turned((hash + Math.imul(bytes[at]!, P5)) | 0, 11), P1);
  hash = Math.imul(hash ^ (hash >>> 15), P2);
  hash = Math.imul(hash ^ (hash >>> 13), P3);
  return (hash ^ (hash >>> 16)) >>> 0;
}
