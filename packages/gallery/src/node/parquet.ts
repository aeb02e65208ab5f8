/** Embeddings as Parquet: one row per image, including those that could not be read. */
import { DataError } from '@kindred/core';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { fileWriter, ParquetWriter } from 'hyparquet-writer';
import type { Embeddings } from '../embeddings.js';
import { type EmbeddingsAbout, field, readAbout } from '../embeddings-file.js';
import type { EmbeddingParts } from './embedding-parts.js';

const text = { type: 'BYTE_ARRAY', converted_type: 'UTF8' } as const;
const schema: ConstructorParameters<typeof ParquetWriter>[0]['schema'] = [
  { name: 'root', num_children: 7 },
  { name: 'id', ...text, repetition_type: 'REQUIRED' },
  { name: 'height', type: 'INT32', repetition_type: 'OPTIONAL' },
  { name: 'width', type: 'INT32', repetition_type: 'OPTIONAL' },
  { name: 'label', type: 'INT32', repetition_type: 'OPTIONAL' },
  { name: 'class', ...text, repetition_type: 'OPTIONAL' },
  { name: 'error', ...text, repetition_type: 'OPTIONAL' },
  { name: 'embedding', repetition_type: 'OPTIONAL', converted_type: 'LIST', num_children: 1 },
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  { name: 'element', type: 'FLOAT', repetition_type: 'REQUIRED' },
];

/** Rows per row group. A group is held in memory as JavaScript numbers while it is written. */
const group = 2048;

/** Writes a Parquet file piece by piece. */
export async function writeParquet(path: string, { about, heights, widths, labels, rows }: EmbeddingParts): Promise<void> {
  const { ids, classes, dimension, errors, source } = about;
  const beside: EmbeddingsAbout = { source, dimension, ids: [], ...(classes && { classes }), errors: [] };
  const writer = new ParquetWriter({ writer: fileWriter(path), schema, kvMetadata: [{ key: field, value: JSON.stringify(beside) }], createdBy: 'kindred' });
  const write = (columns: Record<string, unknown[]>): void | Promise<void> =>
    writer.write({ columnData: Object.entries(columns).map(([name, data]) => ({ name, data })), rowGroupSize: group });
  let at = 0;
  for await (const values of rows()) {
    for (let start = 0; start < values.length; start += group * dimension) {
      const list: number[][] = [];
      for (let i = start; i < Math.min(values.length, start + group * dimension); i += dimension) list.push(Array.from(values.subarray(i, i + dimension)));
      const own = Array.from(list, (_, i) => at + i);
      const label = own.map((row) => ((labels?.[row] ?? -1) < 0 ? undefined : labels![row]!));
      await write({
        id: own.map((row) => ids[row]!),
        height: own.map((row) => heights[row]!),
        width: own.map((row) => widths[row]!),
        label,
        class: label.map((number) => (number === undefined ? undefined : classes?.[number])),
        error: own.map(() => undefined),
        embedding: list,
      });
      at += list.length;
    }
  }
  const none = errors.map(() => undefined);
  if (errors.length > 0) await write({ id: errors.map(({ id }) => id), height: none, width: none, label: none, class: none, error: errors.map(({ reason }) => reason), embedding: none });
  await writer.finish();
}

interface Row {
  readonly id: string;
  readonly height: number | null;
  readonly width: number | null;
  readonly label: number | null;
  readonly error: string | null;
  readonly embedding: number[] | null;
}

/** @throws DataError */
export async function readParquet(path: string): Promise<Embeddings> {
  let [objects, about]: [Row[], string | undefined] = [[], undefined];
  try {
    const file = await asyncBufferFromFile(path);
    about = (await parquetMetadataAsync(file)).key_value_metadata?.find(({ key }) => key === field)?.value;
    objects = (await parquetReadObjects({ file })) as never;
  } catch (cause) {
    throw new DataError(path, `is no whole Parquet file (${(cause as Error).message}).`, 'Write it again.', cause);
  }
  const { source, dimension, classes } = readAbout(path, about);
  const read = objects.filter(({ embedding }) => embedding !== null);
  const values = new Float32Array(read.length * dimension);
  read.forEach(({ embedding }, row) => values.set(embedding!, row * dimension));
  const labelled = read.some(({ label }) => label !== null);
  return {
    source,
    dimension,
    values,
    ids: read.map(({ id }) => id),
    heights: Int32Array.from(read, ({ height }) => height ?? 0),
    widths: Int32Array.from(read, ({ width }) => width ?? 0),
    ...(labelled && { labels: Int32Array.from(read, ({ label }) => label ?? -1) }),
    ...(classes && { classes }),
    errors: objects.flatMap(({ id, error }) => (error === null ? [] : [{ id, reason: error }])),
  };
}
