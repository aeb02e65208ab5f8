/** The identity of a run: the file `run.json` in its folder. */
import { readFile } from 'node:fs/promises';
import { DataError } from '@kindred/core';
import * as z from 'zod';

/** The version of the layout of a run's folder. Version 1, of Kindred 0.1.0, had no `run.json`. */
export const runFormat = 2;

const Data = z.object({ name: z.string(), size: z.int().min(0), fingerprint: z.string() });

const Identity = z.object({
  format: z.literal(runFormat),
  created: z.string(),
  data: Data,
  engine: z.record(z.string(), z.string()),
  changes: z.array(z.object({ step: z.int().min(0), at: z.string(), what: z.string() })),
});

/** `run.json`. */
export interface RunIdentity {
  readonly format: typeof runFormat;
  /** ISO 8601. */
  readonly created: string;
  /** The samples that it trains on. */
  readonly data: DataIdentity;
  /** Describes the engine, as names and values; with other values results may round differently. */
  readonly engine: Readonly<Record<string, string>>;
  /** What has changed since, and after how many steps: settings, data, the engine. */
  readonly changes: readonly { readonly step: number; readonly at: string; readonly what: string }[];
}

/** What identifies a dataset. */
export interface DataIdentity {
  readonly name: string;
  readonly size: number;
  readonly fingerprint: string;
}

/** Reads `run.json`; undefined if there is none. @throws DataError */
export async function readIdentity(file: string): Promise<RunIdentity | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new DataError(file, `cannot be read (${error.code}).`, undefined, error);
  });
  if (text === undefined) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new DataError(file, 'is not JSON.', 'Restore it, or start the run anew under another name.', error);
  }
  const format = (json as { format?: unknown } | null)?.format;
  if (format !== runFormat) {
    throw new DataError(file, `is of a run in format ${JSON.stringify(format)}, expected ${runFormat}.`, 'Use the version of Kindred that wrote it.');
  }
  const parsed = Identity.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new DataError(file, `is damaged: ${z.prettifyError(parsed.error).replaceAll(/\s+/g, ' ')}.`, 'Restore it, or start the run anew under another name.');
}

/** Describes how the data that a run was trained on differ from those it would continue with; undefined if they do not. */
export function dataChange(before: DataIdentity, now: DataIdentity): string | undefined {
  if (before.fingerprint === now.fingerprint) return undefined;
  const [old, fresh] = [before, now].map(({ name, size }) => `${size.toLocaleString('en')} samples of ${name}`);
  return before.size === now.size
    ? `its data are not those it was trained on: ${fresh} as before, but other files or values (${before.fingerprint}, now ${now.fingerprint})`
    : `its data are not those it was trained on: ${old} then, ${fresh} now`;
}

/** Describes how the engines differ; undefined if they do not. */
export function engineChange(before: RunIdentity['engine'], now: RunIdentity['engine']): string | undefined {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])].filter((name) => before[name] !== now[name]);
  if (names.length === 0) return undefined;
  return names.map((name) => `${name} ${before[name] ?? 'unknown'} then, ${now[name] ?? 'unknown'} now`).join('; ');
}
