import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { count, DataError, decodeSafetensors, encodeSafetensors, type NamedTensors } from '../src/index.js';
import golden from './golden/python-safetensors.json' with { type: 'json' };

const bytesOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
/** A file of this header, padded, before `data`. */
function fileOf(header: unknown, data = new Uint8Array(0)): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}
const small: NamedTensors = {
  'conv1.weight': { shape: [2, 1, 3], values: Float32Array.of(1, -2.5, 3e38, NaN, Infinity, -0) },
  step: count(-7),
  none: { shape: [0, 4], values: new Float32Array(0) },
};

describe('a round trip', () => {
  test('keeps names, order, shapes, every bit and the metadata', () => {
    const { tensors, metadata } = decodeSafetensors(encodeSafetensors(small, { format: 'pt', 'ü ✓': '"\n' }));
    expect(tensors).toEqual(small);
    expect(Object.keys(tensors)).toEqual(Object.keys(small));
    expect(Object.is(tensors['conv1.weight']!.values[5], -0)).toBe(true);
    expect(metadata).toEqual({ format: 'pt', 'ü ✓': '"\n' });
    expect(decodeSafetensors(encodeSafetensors({}))).toEqual({ tensors: {}, metadata: {} });
  });

  test('holds for any names and values', () => {
    const name = fc.string({ unit: 'binary' }).filter((text) => text !== '__metadata__');
    const values = fc.oneof(
      fc.float32Array({ maxLength: 20 }).map((list) => ({ shape: [list.length], values: list })),
      fc.int32Array({ maxLength: 20 }).map((list) => ({ shape: [1, list.length], values: list })),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(name, values), { maxLength: 6 }), (entries) => {
        const tensors = Object.fromEntries(entries); // own properties, whatever their names
        expect(Object.entries(decodeSafetensors(encodeSafetensors(tensors)).tensors)).toEqual(Object.entries(tensors));
      }),
    );
  });

  test('reads from the middle of a larger buffer, and gives copies', () => {
    const file = encodeSafetensors(small);
    for (const offset of [1, 3, 8]) {
      const buffer = new Uint8Array(offset + file.length + 5).fill(0xff);
      buffer.set(file, offset);
      const { tensors } = decodeSafetensors(buffer.subarray(offset, offset + file.length));
      buffer.fill(0);
      expect(tensors).toEqual(small);
    }
  });

  test('writes values that are views into a larger array', () => {
    const all = Float32Array.of(9, 1, 2, 9);
    const { tensors } = decodeSafetensors(encodeSafetensors({ a: { shape: [2], values: all.subarray(1, 3) } }));
    expect([...tensors['a']!.values]).toEqual([1, 2]);
  });

  test('the data start at a multiple of 8 bytes', () => {
    for (const name of ['a', 'ab', 'abc', 'abcd', 'abcde']) {
      const file = encodeSafetensors({ [name]: count(1) });
      expect(Number(new DataView(file.buffer).getBigUint64(0, true)) % 8).toBe(0);
    }
  });
});

describe("a file of Python's safetensors", () => {
  const { tensors, metadata } = decodeSafetensors(bytesOf(golden.base64));

  test('has its names, shapes and metadata', () => {
    expect(metadata).toEqual({ format: 'pt', übung: 'naïve ✓' });
    expect(Object.fromEntries(Object.entries(tensors).map(([name, { shape }]) => [name, shape]))).toEqual(
      Object.fromEntries(Object.entries(golden.tensors).map(([name, { shape }]) => [name, shape])),
    );
  });

  test.each(Object.entries(golden.tensors))('%s', (name, { values }) => {
    const whole = tensors[name]!.values instanceof Int32Array;
    const expected = values.map((value) => (value === 'inf' ? Infinity : value === '-inf' ? -Infinity : whole ? Number(value) : Math.fround(Number(value))));
    expect([...tensors[name]!.values]).toEqual(expected);
    expect(tensors[name]!.values).toBeInstanceOf(/int|bool|scalar/.test(name) ? Int32Array : Float32Array);
  });
});

describe('a damaged file', () => {
  const file = encodeSafetensors(small, { format: 'pt' });

  test('is refused at whatever byte it is cut', () => {
    for (let length = 0; length < file.length; length += 1) {
      expect(() => decodeSafetensors(file.subarray(0, length), 'model.safetensors')).toThrow(DataError);
    }
    const python = bytesOf(golden.base64);
    for (let length = 0; length < python.length; length += 1) expect(() => decodeSafetensors(python.subarray(0, length))).toThrow(DataError);
  });

  test('is refused or read, but never runs wild, whatever byte of its head is another', () => {
    const head = 8 + Number(new DataView(file.buffer).getBigUint64(0, true));
    for (let at = 0; at < head; at += 1) {
      for (const value of [0, 0x22, 0x39, 0x7f, 0xff, file[at]! ^ 1]) {
        const other = file.slice();
        other[at] = value;
        try {
          decodeSafetensors(other);
        } catch (error) {
          expect(error).toMatchObject({ name: 'DataError' });
        }
      }
    }
  });

  const entry = { dtype: 'F32', shape: [1], data_offsets: [0, 4] };
  const four = new Uint8Array(4);
  test.each([
    ['too short for a length', new Uint8Array(7)],
    ['a header longer than the file', fileOf({ a: entry }).subarray(0, 20)],
    ['a header of a length that no number holds', new Uint8Array(16).fill(0xff)],
    ['a header that is no JSON', fileOf('{"a":')],
    ['a header that is no text', fileOf('').map((byte, i) => (i === 0 ? 0 : byte))],
    ['a header that is a list', fileOf([1])],
    ['a header that is null', fileOf('null')],
    ['an entry that is null', fileOf({ a: null })],
    ['an entry without a shape', fileOf({ a: { ...entry, shape: undefined } }, four)],
    ['a shape below 0', fileOf({ a: { ...entry, shape: [-1] } }, four)],
    ['a shape of fractions', fileOf({ a: { ...entry, shape: [0.5] } }, four)],
    ['a range of three', fileOf({ a: { ...entry, data_offsets: [0, 2, 4] } }, four)],
    ['an unknown type', fileOf({ a: { ...entry, dtype: 'F8_E4M3' } }, four)],
    ['no type', fileOf({ a: { ...entry, dtype: undefined } }, four)],
    ['a type that every object has', fileOf({ a: { ...entry, dtype: 'constructor' } }, four)],
    ['a range of another size than the shape', fileOf({ a: { ...entry, shape: [2] } }, four)],
    ['data that end before the range does', fileOf({ a: { ...entry, shape: [2], data_offsets: [0, 8] } }, four)],
    ['a range that runs backwards', fileOf({ a: { ...entry, shape: [0], data_offsets: [4, 0] } }, four)],
    ['metadata that are no texts', fileOf({ __metadata__: { step: 3 } })],
    ['metadata that are a list of numbers', fileOf({ __metadata__: [1] })],
    ['a name twice', fileOf(`{"a":${JSON.stringify({ dtype: 'F32', shape: [1], data_offsets: [0, 4] })},"a":${JSON.stringify({ dtype: 'F32', shape: [1], data_offsets: [4, 8] })}}`, new Uint8Array(8))],
    ['data that no entry names', fileOf({ a: entry }, new Uint8Array(12))],
    ['data that no entry names, before the first', fileOf({ a: { ...entry, data_offsets: [4, 8] } }, new Uint8Array(8))],
    ['entries that overlap', fileOf({ a: { ...entry, shape: [2], data_offsets: [0, 8] }, b: { ...entry, data_offsets: [4, 8] } }, new Uint8Array(8))],
    ['two entries of the same bytes', fileOf({ a: entry, b: entry }, four)],
    ['a whole number beyond int32', fileOf({ a: { dtype: 'I64', shape: [1], data_offsets: [0, 8] } }, Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0))],
  ])('%s', (_, bytes) => {
    expect(() => decodeSafetensors(bytes, 'model.safetensors')).toThrow(DataError);
  });

  test('the message names the file, the fault and the remedy', () => {
    expect(() => decodeSafetensors(file.subarray(0, file.length - 1), 'runs/a/model.safetensors')).toThrowErrorMatchingInlineSnapshot(`[DataError: runs/a/model.safetensors: is not a whole safetensors file: step ends at byte 260, the file has 259. It may be cut short. Copy or write it again.]`);
    expect(() => decodeSafetensors(new Uint8Array(3), 'a')).toThrowErrorMatchingInlineSnapshot(`[DataError: a: is not a whole safetensors file: it has 3 bytes. It may be cut short. Copy or write it again.]`);
    expect(() => decodeSafetensors(fileOf({ a: { ...entry, dtype: 'C64' } }, four), 'a')).toThrowErrorMatchingInlineSnapshot(`[DataError: a: a is of type C64, known are F32, F64, F16, BF16, I32, I64, U8, BOOL. Convert it before, to F32 for example.]`);
  });
});

test('a tensor may have a name that every object has', () => {
  const tensors = Object.fromEntries(['__proto__', 'constructor', 'toString'].map((name, i) => [name, count(i)]));
  expect(Object.entries(decodeSafetensors(encodeSafetensors(tensors)).tensors)).toEqual(Object.entries(tensors));
});

test('values that do not fill their shape are refused when writing', () => {
  expect(() => encodeSafetensors({ a: { shape: [3], values: Float32Array.of(1) } })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: encodeSafetensors.a: received 1, expected 3 values for [3].]`);
});
