/** Metrics as a TensorBoard event file. */
import crc32c from 'crc-32/crc32c.js';
import { PbfWriter } from 'pbf';
import type { MetricRecord, MonitorRecord } from './report-data.js';

/** The input of an event file. */
export interface EventsOptions {
  readonly metrics: readonly MetricRecord[];
  readonly monitor?: readonly MonitorRecord[];
  /** When the run started, in seconds since 1970. */
  readonly started: number;
  /** Images per step: with it an event has the time of its step, otherwise the time of the start. */
  readonly batchSize?: number;
}

/**
 * A run's numbers as the content of a TensorBoard event file (`events.out.tfevents.*`): one scalar summary per step, under the
 * tags `train/loss`, `train/learningRate`, ..., `diagnostics/<name>` and `monitor/<name>`. The same input gives the same bytes.
 * Values that are not finite are left out.
 *
 * @example
 * const step = { epoch: 0, learningRate: 0.1, samplesPerSecond: 900, waiting: 0, diagnostics: {} };
 * tensorBoardEvents({ metrics: [{ ...step, step: 1, loss: 5 }], started: 1_790_000_000 }).length; // => 168
 *
 * @see TensorFlow's `event.proto` and `summary.proto`; `record_writer.cc` for the frame of a record
 */
export function tensorBoardEvents({ metrics, monitor = [], started, batchSize }: EventsOptions): Uint8Array {
  const records = [recordOf(eventOf(started, (event) => event.writeStringField(3, 'brain.Event:2')))];
  const measured = [...monitor].sort((a, b) => a.step - b.step);
  let [time, next] = [started, 0];
  const add = (step: number, scalars: readonly (readonly [tag: string, value: number])[]): void => {
    const finite = scalars.filter(([, value]) => Number.isFinite(value));
    if (finite.length > 0) records.push(recordOf(scalarEvent(time, step, finite)));
  };
  const addMeasured = (until: number): void => {
    for (; next < measured.length && measured[next]!.step <= until; next++) {
      const { step, values } = measured[next]!;
      add(step, Object.entries(values).map(([name, value]) => [`monitor/${name}`, value]));
    }
  };
  for (const { step, loss, learningRate, samplesPerSecond, waiting, diagnostics } of metrics) {
    addMeasured(step - 1);
    if (batchSize !== undefined && samplesPerSecond > 0) time += batchSize / samplesPerSecond;
    const own = Object.entries({ loss, learningRate, samplesPerSecond, waiting }).map(([name, value]) => [`train/${name}`, value] as const);
    add(step, [...own, ...Object.entries(diagnostics).map(([name, value]) => [`diagnostics/${name}`, value] as const)]);
  }
  addMeasured(Infinity);
  return joined(records);
}

/** `Event { double wall_time = 1; ... }` */
function eventOf(wallTime: number, write: (event: PbfWriter) => void): Uint8Array {
  const event = new PbfWriter();
  event.writeDoubleField(1, wallTime);
  write(event);
  return event.finish();
}

/** `Event { wall_time = 1; int64 step = 2; Summary summary = 5 }`, `Summary { repeated Value value = 1 }`, `Value { string tag = 1; float simple_value = 2 }` */
function scalarEvent(wallTime: number, step: number, scalars: readonly (readonly [string, number])[]): Uint8Array {
  return eventOf(wallTime, (event) => {
    event.writeVarintField(2, step);
    event.writeMessage(5, (_, summary) => {
      for (const [tag, value] of scalars) {
        summary.writeMessage(1, (__, of) => {
          of.writeStringField(1, tag);
          of.writeFloatField(2, value);
        }, undefined);
      }
    }, undefined);
  });
}

/** A record: length (u64), its checksum, the data, its checksum. Little-endian. */
function recordOf(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(data.length + 16);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, masked(record.subarray(0, 8)), true);
  record.set(data, 12);
  view.setUint32(12 + data.length, masked(data), true);
  return record;
}

/** CRC-32C, rotated and shifted, so that the checksum of data that hold checksums is one of something else. */
function masked(bytes: Uint8Array): number {
  const crc = crc32c.buf(bytes) >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
