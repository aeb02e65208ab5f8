/** Files to which a step appends a line of JSON, and which are cut back when a run is resumed. */
import { existsSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { DataError } from '@kindred/core';
import { writeError, writeFileAtomic } from '@kindred/core/node';

/** What every line holds. */
export interface StepLine {
  /** Steps done. */
  readonly step: number;
}

/** A file open for appending. */
export interface StepLog {
  append(line: StepLine): Promise<void>;
  /** Resolves once all lines are on the disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a file to append lines, after dropping those of steps after `keepUpTo` and an incomplete last line.
 *
 * @throws DataError if it cannot be written.
 */
export async function openStepLog(file: string, keepUpTo: number): Promise<StepLog> {
  await keepLinesUpTo(file, keepUpTo);
  const failed = (error: unknown): never => {
    throw writeError(file, error);
  };
  const log = await open(file, 'a').catch(failed);
  return {
    append: (line) => log.appendFile(`${JSON.stringify(line)}\n`).catch(failed),
    sync: () => log.sync().catch(failed),
    close: () => log.close().catch(failed),
  };
}

/**
 * The lines of a file. A last line that was cut off is left out.
 *
 * @throws DataError if it cannot be read, or a line is not JSON.
 */
export async function readStepLog<Line extends StepLine>(file: string): Promise<Line[]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new DataError(file, `cannot be read (${(error as NodeJS.ErrnoException).code}).`, 'Is this the folder of a run?', error);
  });
  const lines = text.split('\n');
  lines.pop();
  return lines.map((line, i) => {
    try {
      return JSON.parse(line) as Line;
    } catch (error) {
      throw new DataError(`${file}:${i + 1}`, 'is not a line of JSON.', 'Remove the line.', error);
    }
  });
}

/**
 * Drops the lines of later steps, and a last one that was being written when the run was killed.
 *
 * @throws DataError if another line is not JSON: it was damaged by something else, and its step may not be computed again.
 */
export async function keepLinesUpTo(file: string, step: number): Promise<void> {
  if (!existsSync(file)) return;
  const lines = await readStepLog(file);
  const kept = lines.filter((line) => line.step <= step).map((line) => `${JSON.stringify(line)}\n`);
  await writeFileAtomic(file, kept.join(''));
}
