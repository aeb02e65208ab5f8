/** The folder of a run: settings, metrics, checkpoints. */
import { existsSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '@kindred/core';
import type { Checkpoint } from '../checkpoint.js';
import type { StepRecord } from '../pretrain.js';
import { removePartials, writeError, writeFileAtomic } from './atomic.js';
import { listCheckpoints, readCheckpoint, writeCheckpoint } from './checkpoint-files.js';

/** How a run folder is opened. */
export interface RunFolderOptions {
  /** Resolved settings, plain JSON; written as `config.json`. */
  readonly settings: unknown;
  /** Go on from the newest checkpoint of a folder that exists. Else an existing run is refused. */
  readonly resume: boolean;
  /** How many checkpoints stay. Default: 2. */
  readonly keep?: number;
}

/** `runs/<name>/`, open for one run. */
export interface RunFolder {
  readonly path: string;
  /** What to go on from; undefined at a first start. */
  readonly resumeFrom: Checkpoint | undefined;
  /** Adds a line to `metrics.jsonl`. */
  log(record: StepRecord): Promise<void>;
  /** Writes `checkpoints/step-N/`, after the metrics up to it are on the disk. */
  save(checkpoint: Checkpoint): Promise<void>;
  /** Writes a file of the run, whole or not at all. */
  write(name: string, content: string | Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens `path` for a run: makes it, or goes on in it. Resuming drops the metrics of steps after the checkpoint, which are
 * computed again.
 *
 * @throws DataError where the folder holds a run and `resume` is false, where the settings of the run differ, where the
 * newest checkpoint is damaged, or where nothing can be written.
 */
export async function openRunFolder(path: string, { settings, resume, keep = 2 }: RunFolderOptions): Promise<RunFolder> {
  const config = join(path, 'config.json');
  const checkpoints = join(path, 'checkpoints');
  const text = `${JSON.stringify(settings, null, 2)}\n`;
  if (existsSync(config)) {
    if (!resume) throw new DataError(path, 'holds a run already.', 'Resume it, or choose another name.');
    const before = await readFile(config, 'utf8');
    if (before !== text) {
      throw new DataError(config, `is of a run with other settings (${firstDifference(before, text)}).`, 'Resume with the settings of the run, or choose another name.');
    }
  } else {
    await writeFileAtomic(config, text);
  }
  await removePartials(path);
  await removePartials(checkpoints);
  const newest = (await listCheckpoints(checkpoints)).at(-1);
  const resumeFrom = newest === undefined ? undefined : await readCheckpoint(join(checkpoints, `step-${newest}`));
  const metrics = join(path, 'metrics.jsonl');
  await keepMetricsUpTo(metrics, resumeFrom?.step ?? 0);
  const log = await open(metrics, 'a').catch((error: unknown) => {
    throw writeError(metrics, error);
  });

  return {
    path,
    resumeFrom,
    async log(record) {
      await log.appendFile(`${JSON.stringify(record)}\n`).catch((error: unknown) => {
        throw writeError(metrics, error);
      });
    },
    async save(checkpoint) {
      await log.sync();
      await writeCheckpoint(checkpoints, checkpoint, keep);
    },
    write: (name, content) => writeFileAtomic(join(path, name), content),
    close: () => log.close(),
  };
}

/** The metrics of a run, line by line. A last line that was cut off is left out. @throws DataError */
export async function readMetrics(path: string): Promise<StepRecord[]> {
  const file = join(path, 'metrics.jsonl');
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new DataError(file, `cannot be read (${(error as NodeJS.ErrnoException).code}).`, 'Is this the folder of a run?', error);
  });
  const lines = text.split('\n');
  lines.pop();
  return lines.map((line, i) => {
    try {
      return JSON.parse(line) as StepRecord;
    } catch (error) {
      throw new DataError(`${file}:${i + 1}`, 'is not a line of JSON.', 'Remove the line.', error);
    }
  });
}

async function keepMetricsUpTo(file: string, step: number): Promise<void> {
  if (!existsSync(file)) return;
  const kept: string[] = [];
  for (const line of (await readFile(file, 'utf8')).split('\n')) {
    try {
      if ((JSON.parse(line) as StepRecord).step <= step) kept.push(`${line}\n`);
    } catch {
      // the line that was being written when the run was killed
    }
  }
  await writeFileAtomic(file, kept.join(''));
}

function firstDifference(before: string, after: string): string {
  const [old, fresh] = [before.split('\n'), after.split('\n')];
  const line = old.findIndex((text, i) => text !== fresh[i]);
  const say = (text: string | undefined): string => (text ?? 'nothing').trim().replace(/,$/, '');
  return `${say(old[line])} there, ${say(fresh[line])} here`;
}
