/** An encoder's input as it is written to a file and read from it. */
import type { EncoderInput } from './contracts/encoder-input.js';
import { DataError } from './errors.js';

/** The field of a safetensors file's metadata. */
const field = 'kindred.input';

/**
 * An encoder's input as metadata of its safetensors file.
 *
 * @example
 * const input = { size: [32, 32], channels: 3, interpolation: 'bilinear', fit: 'cover', cropShare: 1 } as const;
 * const bytes = encodeSafetensors({ weight: count(1) }, inputMetadata(input));
 * inputOf('encoder.safetensors', decodeSafetensors(bytes).metadata)!.size; // => [32, 32]
 */
export function inputMetadata(input: EncoderInput): Readonly<Record<string, string>> {
  return { [field]: JSON.stringify(input) };
}

/**
 * The input that `inputMetadata` wrote; undefined if the file does not mention one.
 *
 * @param where Names the file in errors.
 * @throws DataError for an input that is incomplete or out of range.
 *
 * @example
 * inputOf('encoder.safetensors', { format: 'pt' }); // => undefined
 */
export function inputOf(where: string, metadata: Readonly<Record<string, string>>): EncoderInput | undefined {
  const text = metadata[field];
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new DataError(where, `its ${field} is not JSON.`, 'Write the encoder again.', cause);
  }
  return checkEncoderInput(where, value);
}

/**
 * Checks that a value, read from JSON, is an encoder's input.
 *
 * @param where Names the file, or the option, in errors.
 * @throws DataError that names the first invalid field.
 *
 * @example
 * checkEncoderInput('encoder.json', { size: [1, 1], channels: 1, interpolation: 'bilinear', fit: 'fill', cropShare: 1 }).fit; // => 'fill'
 */
export function checkEncoderInput(where: string, value: unknown): EncoderInput {
  const input = (typeof value === 'object' && value !== null ? value : {}) as EncoderInput;
  const expect = (name: keyof EncoderInput, fits: boolean, expected: string): void => {
    if (fits) return;
    throw new DataError(where, `${name} of the encoder's input is ${JSON.stringify(input[name])}, expected ${expected}.`);
  };
  const { size, channels, mean, deviation, interpolation, fit, cropShare } = input;
  const numbers = (list: unknown, length: number, fits: (number: number) => boolean): boolean =>
    Array.isArray(list) && list.length === length && list.every((entry) => Number.isFinite(entry) && fits(entry as number));
  expect('size', numbers(size, 2, (side) => Number.isSafeInteger(side) && side >= 1), '[height, width] in pixels');
  expect('channels', channels === 1 || channels === 3, '1 or 3');
  expect('mean', mean === undefined || numbers(mean, channels, () => true), 'a number for each channel');
  expect('deviation', deviation === undefined || numbers(deviation, channels, (number) => number > 0), 'a number above 0 for each channel');
  expect('interpolation', interpolation === 'bilinear' || interpolation === 'bicubic', "'bilinear' or 'bicubic'");
  expect('fit', fit === 'cover' || fit === 'fill', "'cover' or 'fill'");
  expect('cropShare', Number.isFinite(cropShare) && cropShare > 0 && cropShare <= 1, 'a share above 0 and at most 1');
  return { size, channels, ...(mean && { mean }), ...(deviation && { deviation }), interpolation, fit, cropShare };
}
