/** The safetensors format: tensors by name in one file, without code. */
import { ArgumentError, DataError } from './errors.js';
import type { NamedTensors, TensorValue } from './contracts/stateful.js';

// Every runtime has them; the package is compiled with the declarations of none
declare const TextEncoder: new () => { encode(text: string): Uint8Array };
declare const TextDecoder: new (label: string, options: { readonly fatal: boolean }) => { decode(bytes: Uint8Array): string };

/** What a safetensors file holds. */
export interface SafetensorsContent {
  readonly tensors: NamedTensors;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * The bytes of a safetensors file: a header's length, the header as JSON padded to 8 bytes, the values little-endian.
 * Float32 is stored as F32, int32 as I32.
 *
 * @throws ArgumentError where values do not fill their shape.
 *
 * @example
 * decodeSafetensors(encodeSafetensors({ step: count(3) })).tensors['step']!.values[0]; // => 3
 *
 * @see https://huggingface.co/docs/safetensors
 */
export function encodeSafetensors(tensors: NamedTensors, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  let offset = 0;
  const entries = Object.entries(tensors).map(([name, { shape, values }]) => {
    const size = shape.reduce((product, length) => product * length, 1);
    if (values.length !== size) throw new ArgumentError(`encodeSafetensors.${name}`, `${size} values for [${shape.join(', ')}]`, values.length);
    const start = offset;
    offset += values.byteLength;
    return [name, { dtype: values instanceof Int32Array ? 'I32' : 'F32', shape, data_offsets: [start, offset] }] as const;
  });
  const header = Object.fromEntries(Object.keys(metadata).length > 0 ? [['__metadata__', metadata], ...entries] : entries);
  const text = new TextEncoder().encode(JSON.stringify(header));
  const start = 8 + Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(start + offset).fill(0x20, 0, start);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - 8), true);
  bytes.set(text, 8);
  let position = start;
  for (const { values } of Object.values(tensors)) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), position);
    position += values.byteLength;
  }
  return bytes;
}

/** How each stored type becomes one of ours: its size in bytes, and how one element is read. */
const types: Record<string, { bytes: number; whole: boolean; read: (view: DataView, at: number) => number }> = {
  F32: { bytes: 4, whole: false, read: (view, at) => view.getFloat32(at, true) },
  F64: { bytes: 8, whole: false, read: (view, at) => view.getFloat64(at, true) },
  F16: { bytes: 2, whole: false, read: (view, at) => half(view.getUint16(at, true)) },
  BF16: { bytes: 2, whole: false, read: (view, at) => upper(view.getUint16(at, true)) },
  I32: { bytes: 4, whole: true, read: (view, at) => view.getInt32(at, true) },
  I64: { bytes: 8, whole: true, read: (view, at) => Number(view.getBigInt64(at, true)) },
  U8: { bytes: 1, whole: true, read: (view, at) => view.getUint8(at) },
  BOOL: { bytes: 1, whole: true, read: (view, at) => view.getUint8(at) },
};

/** Where a tensor lies in a safetensors file. */
export interface SafetensorsEntry {
  /** The stored type, `F32` for example. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Its first byte in the file. */
  readonly from: number;
  /** The byte after its last one. */
  readonly to: number;
}

/** What the header of a safetensors file says. */
export interface SafetensorsHeader {
  readonly entries: Readonly<Record<string, SafetensorsEntry>>;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * The header of a safetensors file, for whoever reads tensors one by one, or parts of them. As the format asks, the values must fill the
 * file without gaps or overlaps.
 *
 * @param bytes The beginning of the file: 8 bytes, little-endian, say how long the header after them is.
 * @param size Bytes of the whole file.
 * @param where Names the file in errors.
 * @throws DataError for a header that is not that of a file of this size.
 *
 * @example
 * const bytes = encodeSafetensors({ bias: { shape: [2], values: Float32Array.of(1, 2) } });
 * decodeSafetensorsHeader(bytes.subarray(0, -8), bytes.length).entries['bias']!.shape; // => [2]
 */
export function decodeSafetensorsHeader(bytes: Uint8Array, size: number, where = 'decodeSafetensorsHeader'): SafetensorsHeader {
  const bad = (what: string): DataError =>
    new DataError(where, `is not a whole safetensors file: ${what}.`, 'It may be cut short. Copy or write it again.');
  if (size < 8) throw bad(`it has ${size} bytes`);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(0, true));
  const start = 8 + length;
  if (start > size) throw bad(`its header should have ${length} bytes, the file has ${size}`);
  let header: Record<string, unknown>;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, start)));
  } catch {
    throw bad('its header is not JSON');
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) throw bad('its header is not an object');
  const { __metadata__: metadata = {}, ...tensors } = header;
  if (!isTexts(metadata)) throw bad('its metadata are not texts');
  const entries = Object.entries(tensors).map(([name, entry]): [string, SafetensorsEntry] => {
    const { dtype = '', shape, data_offsets: range } = (entry ?? {}) as { dtype?: string; shape?: number[]; data_offsets?: number[] };
    if (!isWhole(shape) || !isWhole(range) || range.length !== 2) throw bad(`the entry of ${name} is malformed`);
    const type = Object.hasOwn(types, dtype) ? types[dtype] : undefined;
    if (type === undefined) throw new DataError(where, `${name} is of type ${dtype}, known are ${Object.keys(types).join(', ')}.`, convert);
    const values = shape.reduce((product, axis) => product * axis, 1);
    const [from, to] = [start + range[0]!, start + range[1]!];
    if (to - from !== values * type.bytes) throw bad(`${name} has ${to - from} bytes for [${shape.join(', ')}] of ${dtype}`);
    if (to > size) throw bad(`${name} ends at byte ${to}, the file has ${size}`);
    return [name, { dtype, shape, from, to }];
  });
  const ranges = entries.map(([, { from, to }]) => [from, to] as const).sort(([a, b], [c, d]) => a - c || b - d);
  const end = ranges.reduce((at, [from, to]) => (from === at ? to : NaN), start);
  if (end !== size) throw bad('its values leave gaps or overlap');
  return { entries: Object.fromEntries(entries), metadata };
}

const convert = 'Convert it before, to F32 for example.';

/**
 * The tensors of a safetensors file. F32, F64, F16 and BF16 become float32; I32, I64, U8 and BOOL become int32.
 * As the format asks, the values must fill the file without gaps or overlaps.
 *
 * @param where Names the file in errors.
 * @throws DataError for bytes that are not a whole safetensors file, and for an I64 beyond int32.
 *
 * @example
 * const bytes = encodeSafetensors({ bias: { shape: [2], values: Float32Array.of(1, 2) } }, { format: 'pt' });
 * decodeSafetensors(bytes, 'model.safetensors').metadata; // => { format: 'pt' }
 */
export function decodeSafetensors(bytes: Uint8Array, where = 'decodeSafetensors'): SafetensorsContent {
  const { entries, metadata } = decodeSafetensorsHeader(bytes, bytes.length, where);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tensors = Object.entries(entries).map(([name, { dtype, shape, from }]): [string, TensorValue] => {
    const size = shape.reduce((product, axis) => product * axis, 1);
    const tooLarge = (): DataError => new DataError(where, `${name} holds numbers beyond int32.`, convert);
    return [name, { shape, values: readValues(bytes, view, from, size, dtype, types[dtype]!, tooLarge) }];
  });
  return { tensors: Object.fromEntries(tensors), metadata };
}

function readValues(
  bytes: Uint8Array,
  view: DataView,
  from: number,
  size: number,
  dtype: string,
  type: (typeof types)[string],
  tooLarge: () => DataError,
): Float32Array | Int32Array {
  if (dtype === 'F32' || dtype === 'I32') {
    // a copy by bytes: `from` need not be a multiple of 4; and not bytes.slice, which on Node's Buffer does not copy
    const { buffer } = new Uint8Array(bytes.subarray(from, from + size * 4));
    return dtype === 'F32' ? new Float32Array(buffer, 0, size) : new Int32Array(buffer, 0, size);
  }
  const values = type.whole ? new Int32Array(size) : new Float32Array(size);
  for (let i = 0; i < size; i++) {
    const value = type.read(view, from + i * type.bytes);
    values[i] = value;
    if (type.whole && values[i] !== value) throw tooLarge();
  }
  return values;
}

const isWhole = (list: unknown): list is number[] =>
  Array.isArray(list) && list.every((entry) => Number.isSafeInteger(entry) && entry >= 0);

const isTexts = (value: unknown): value is Record<string, string> =>
  typeof value === 'object' && value !== null && Object.values(value).every((text) => typeof text === 'string');

/** A half-precision float from its 16 bits. */
function half(bits: number): number {
  const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** A float32 from its upper 16 bits. */
const upper = (bits: number): number => new Float32Array(Uint32Array.of(bits << 16).buffer)[0]!;
