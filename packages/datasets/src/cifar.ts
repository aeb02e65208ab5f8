/** The binary format of CIFAR-10 and CIFAR-100. */
import { ArgumentError, DataError } from '@kindred/core';

/** Which of the two: a record has one label byte in CIFAR-10, a coarse and a fine one in CIFAR-100. */
export type CifarKind = 'cifar-10' | 'cifar-100';

/** The content of a file of records. */
export interface CifarContent {
  /** `[N, 32, 32, 3]`, row-major, 0..255. */
  readonly images: Uint8Array;
  /** The class of every image: 0..9, or the fine class 0..99. */
  readonly labels: Int32Array;
  /** CIFAR-100's superclass of every image, 0..19. */
  readonly coarseLabels?: Int32Array;
}

const pixels = 32 * 32;
const kinds = {
  'cifar-10': { labelBytes: 1, classes: 10 },
  'cifar-100': { labelBytes: 2, classes: 100 },
} as const;

/**
 * Decodes a file of CIFAR records: label bytes, then 1,024 red, 1,024 green and 1,024 blue bytes, each plane row-major.
 *
 * @throws DataError if the bytes are not a whole number of records, or a label is not a class.
 *
 * @example
 * decodeCifar(new Uint8Array(3073).fill(6, 0, 1), 'cifar-10').labels; // => Int32Array.of(6)
 *
 * @see Krizhevsky 2009, "Learning Multiple Layers of Features from Tiny Images"
 */
export function decodeCifar(bytes: Uint8Array, kind: CifarKind): CifarContent {
  const format = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  if (format === undefined) throw new ArgumentError('decodeCifar.kind', "'cifar-10' or 'cifar-100'", kind);
  const record = format.labelBytes + 3 * pixels;
  const size = bytes.length / record;
  if (!(Number.isInteger(size) && size >= 1)) {
    throw new DataError(
      'decodeCifar',
      `received ${bytes.length} bytes, expected a multiple of ${record}, the length of a ${kind} record.`,
      'The file is cut off, or not of the binary version.',
    );
  }
  const images = new Uint8Array(size * 3 * pixels);
  const labels = new Int32Array(size);
  const coarseLabels = new Int32Array(size);
  for (let i = 0; i < size; i++) {
    const start = i * record;
    coarseLabels[i] = bytes[start]!;
    labels[i] = bytes[start + format.labelBytes - 1]!;
    checkLabel('label', i, labels[i]!, format.classes);
    if (kind === 'cifar-100') checkLabel('coarse label', i, coarseLabels[i]!, 20);
    const red = start + format.labelBytes;
    let out = i * 3 * pixels;
    for (let pixel = red; pixel < red + pixels; pixel++) {
      images[out++] = bytes[pixel]!;
      images[out++] = bytes[pixel + pixels]!;
      images[out++] = bytes[pixel + 2 * pixels]!;
    }
  }
  return kind === 'cifar-100' ? { images, labels, coarseLabels } : { images, labels };
}

function checkLabel(what: string, record: number, label: number, classes: number): void {
  if (label < classes) return;
  throw new DataError(
    'decodeCifar',
    `record ${record} has ${what} ${label}, expected 0..${classes - 1}.`,
    'The file is damaged, or not of the binary version.',
  );
}
