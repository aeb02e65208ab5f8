/** Seeded randomness, stateless and splittable: a stream is identified by its path, not by what was drawn before. */
import { ArgumentError } from './errors.js';

/** A step of the path that names a stream: an epoch, a sample's id, a purpose. */
export type StreamKey = number | string;

/**
 * A stream of random numbers. Draws advance the stream; `fork` does not look at them, so
 * `random(7).fork('crop', epoch, sample)` is the same stream whatever was drawn elsewhere, in any order, by any worker.
 */
export interface Random {
  /** The stream named by this one's path and `path`. Independent of what was drawn from this one. */
  fork(...path: readonly StreamKey[]): Random;
  /** A whole number, uniform over 0..2³²−1. */
  uint32(): number;
  /** A number, uniform over [min, max); [0, 1) by default. */
  uniform(min?: number, max?: number): number;
  /** A whole number, uniform over 0..size−1, without bias. @throws ArgumentError unless 1 ≤ size ≤ 2³². */
  integer(size: number): number;
  /** True with the given probability, 0..1. */
  chance(probability: number): boolean;
  /** A number from the normal distribution (Box–Muller). */
  normal(mean?: number, deviation?: number): number;
  /** Fills `values` from the normal distribution of mean 0, two from each pair of draws: half those of `normal`. */
  fillNormal(values: Float32Array | Float64Array, deviation?: number): void;
  /** The numbers 0..size−1 in uniform random order (Fisher–Yates). */
  permutation(size: number): Int32Array;
}

/**
 * The root stream of a seed: Philox4x32-10 of Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", the
 * generator of TensorFlow and PyTorch on GPU. A stream is a 64-bit key; its draws are the blocks of counter 0, 1, 2, ...
 *
 * @param seed A whole number of 0..2⁵³−1.
 * @throws ArgumentError for any other seed.
 *
 * @example
 * random(7).fork('crop', 3).uniform() === random(7).fork('crop', 3).uniform(); // => true
 */
export function random(seed: number): Random {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new ArgumentError('random.seed', 'a whole number of 0..2^53-1', seed);
  }
  return stream(seed >>> 0, Math.floor(seed / 2 ** 32));
}

function stream(key0: number, key1: number): Random {
  const block = new Uint32Array(4);
  let counter = 0;
  let used = 4;

  const uint32 = (): number => {
    if (used === 4) {
      philox(block, counter >>> 0, Math.floor(counter / 2 ** 32), 0, 0, key0, key1);
      counter++;
      used = 0;
    }
    return block[used++]!;
  };

  const integer = (size: number): number => {
    if (!(Number.isSafeInteger(size) && size >= 1 && size <= 2 ** 32)) {
      throw new ArgumentError('Random.integer.size', 'a whole number of 1..2^32', size);
    }
    const limit = 2 ** 32 - (2 ** 32 % size);
    let drawn = uint32();
    while (drawn >= limit) drawn = uint32();
    return drawn % size;
  };

  // Box and Muller: two uniform numbers are the polar coordinates of two normal ones
  const radius = (deviation: number): number => deviation * Math.sqrt(-2 * Math.log((uint32() + 0.5) / 2 ** 32));
  const angle = (): number => (2 * Math.PI * uint32()) / 2 ** 32;

  return {
    fork(...path) {
      let [a, b] = [key0, key1];
      const out = new Uint32Array(4);
      for (const key of path) {
        const [low, high, kind] = words(key);
        // the last word sets forks apart from draws, whose counter never reaches it
        philox(out, low, high, kind, 0x9e3779b9, a, b);
        [a, b] = [out[0]!, out[1]!];
      }
      return stream(a, b);
    },
    uint32,
    uniform: (min = 0, max = 1) => min + (max - min) * (uint32() / 2 ** 32),
    integer,
    chance: (probability) => uint32() / 2 ** 32 < probability,
    normal: (mean = 0, deviation = 1) => mean + radius(deviation) * Math.cos(angle()),
    fillNormal(values, deviation = 1) {
      for (let i = 0; i < values.length; i += 2) {
        const [length, turn] = [radius(deviation), angle()];
        values[i] = length * Math.cos(turn);
        // past the end of an odd length nothing is written
        values[i + 1] = length * Math.sin(turn);
      }
    },
    permutation(size) {
      const order = Int32Array.from({ length: size }, (_, i) => i);
      for (let i = size - 1; i > 0; i--) {
        const j = integer(i + 1);
        [order[i], order[j]] = [order[j]!, order[i]!];
      }
      return order;
    },
  };
}

/** A key as two words, and a third that tells numbers from texts. */
function words(key: StreamKey): [number, number, number] {
  if (typeof key === 'number') {
    if (!Number.isSafeInteger(key) || key < 0) {
      throw new ArgumentError('Random.fork.path', 'whole numbers of 0..2^53-1, or texts', key);
    }
    return [key >>> 0, Math.floor(key / 2 ** 32), 1];
  }
  // FNV-1a, once over each half of every code unit, with two offsets
  let low = 0x811c9dc5;
  let high = 0xcbf29ce4;
  for (let i = 0; i < key.length; i++) {
    for (const byte of [key.charCodeAt(i) & 0xff, key.charCodeAt(i) >>> 8]) {
      low = Math.imul(low ^ byte, 0x01000193);
      high = Math.imul(high ^ byte ^ 0x5a, 0x01000193);
    }
  }
  return [low >>> 0, high >>> 0, 2];
}

/** Writes one block of Philox4x32-10 to `out`: counter words c0..c3 under the key k0, k1. */
export function philox(
  out: Uint32Array,
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  k0: number,
  k1: number,
): void {
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd2511f53, c0);
    const low0 = Math.imul(0xd2511f53, c0) >>> 0;
    const high1 = multiplyHigh(0xcd9e8d57, c2);
    const low1 = Math.imul(0xcd9e8d57, c2) >>> 0;
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** The upper 32 bits of the 64-bit product of two words. */
function multiplyHigh(a: number, b: number): number {
  const [a0, a1, b0, b1] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16];
  const middle = a1 * b0 + ((a0 * b0) >>> 16);
  const cross = a0 * b1 + (middle & 0xffff);
  return (a1 * b1 + Math.floor(middle / 0x10000) + Math.floor(cross / 0x10000)) >>> 0;
}
