import crc32c from 'crc-32/crc32c.js';
import { PbfReader } from 'pbf';
import { expect, test } from 'vitest';
import type { MetricRecord } from '../src/report-data.js';
import { tensorBoardEvents } from '../src/tensorboard.js';
import golden from './golden/events.json' with { type: 'json' };

const metrics = golden.input.metrics as unknown as readonly MetricRecord[];
const input = { ...golden.input, metrics };

/** The records of an event file. Throws where a checksum is wrong. */
function records(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const unmasked = (at: number): number => {
    const rotated = (view.getUint32(at, true) - 0xa282ead8) >>> 0;
    return ((rotated >>> 17) | (rotated << 15)) >>> 0;
  };
  const found: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(view.getBigUint64(at, true));
    const data = bytes.subarray(at + 12, at + 12 + length);
    if (unmasked(at + 8) !== crc32c.buf(bytes.subarray(at, at + 8)) >>> 0) throw new Error(`length at ${at}`);
    if (unmasked(at + 12 + length) !== crc32c.buf(data) >>> 0) throw new Error(`data at ${at}`);
    found.push(data);
    at += length + 16;
  }
  return found;
}

interface Event {
  time: number;
  step: number;
  version?: string;
  scalars: Record<string, number>;
}

/** An event's fields, by the numbers of `event.proto`. */
function event(data: Uint8Array): Event {
  return new PbfReader(data).readFields(
    (tag, result: Event, pbf) => {
      if (tag === 1) result.time = pbf.readDouble();
      else if (tag === 2) result.step = pbf.readVarint();
      else if (tag === 3) result.version = pbf.readString();
      else if (tag === 5) {
        pbf.readMessage((inner, scalars: Record<string, number>, summary) => {
          if (inner !== 1) return;
          const value = summary.readMessage(
            (field, of: { tag: string; value: number }, reader) => {
              if (field === 1) of.tag = reader.readString();
              else if (field === 2) of.value = reader.readFloat();
            },
            { tag: '', value: Number.NaN },
          );
          scalars[value.tag] = value.value;
        }, result.scalars);
      }
    },
    { time: 0, step: 0, scalars: {} },
  );
}

test('the first record is the version, then a step after the other, each at its time', () => {
  const events = records(tensorBoardEvents(input)).map(event);
  expect(events[0]).toMatchObject({ version: 'brain.Event:2', time: input.started });
  expect(events.slice(1).map(({ step }) => step)).toEqual([0, 1, 2, 2, 3]);
  expect(events.find(({ step }) => step === 2)!.time - input.started).toBeCloseTo(64 / 500 + 64 / 400, 6);
  expect(events.find(({ step }) => step === 3)!.scalars).toEqual({
    'train/loss': Math.fround(metrics[2]!.loss),
    'train/learningRate': Math.fround(0.05),
    'train/samplesPerSecond': 450,
    'train/waiting': 0,
    'diagnostics/neighborPurity': Math.fround(0.3),
  });
});

test("a record's checksum is CRC-32C, masked: a changed byte does not pass", () => {
  // "123456789", the check value of the CRC catalogue
  expect(crc32c.str('123456789') >>> 0).toBe(0xe3069283);
  const bytes = tensorBoardEvents(input);
  bytes[20] = bytes[20]! ^ 1;
  expect(() => records(bytes)).toThrow();
});

test("is read by TensorBoard's own reader: golden/read-events.py", () => {
  expect(btoa(String.fromCharCode(...tensorBoardEvents(input)))).toBe(golden.file);
  const scalars: Record<string, { step: number; value: number }[]> = {};
  for (const { step, scalars: of } of records(tensorBoardEvents(input)).map(event)) {
    for (const [tag, value] of Object.entries(of)) (scalars[tag] ??= []).push({ step, value });
  }
  expect(scalars).toEqual(golden.read);
});

test('the same input gives the same bytes; what is no number is left out', () => {
  expect(tensorBoardEvents(input)).toEqual(tensorBoardEvents(input));
  const broken = [{ ...metrics[0]!, loss: Number.NaN, diagnostics: { x: null as never } }];
  const [, only] = records(tensorBoardEvents({ metrics: broken, started: 0 })).map(event);
  expect(Object.keys(only!.scalars)).toEqual(['train/learningRate', 'train/samplesPerSecond', 'train/waiting']);
});

test('without metrics there is the version alone', () => {
  expect(records(tensorBoardEvents({ metrics: [], started: 1 })).map(event)).toEqual([{ time: 1, step: 0, version: 'brain.Event:2', scalars: {} }]);
});
