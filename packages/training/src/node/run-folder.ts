/** The folder of a run: settings, metrics, checkpoints. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '@kindred/core';
import type { Checkpoint } from '../checkpoint.js';
import type { StepRecord } from '../pretrain.js';
import { removePartials, writeFileAtomic } from './atomic.js';
import { listCheckpoints, readCheckpoint, writeCheckpoint } from './checkpoint-files.js';
import { keepLinesUpTo, openStepLog, readStepLog, type StepLine, type StepLog } from './step-log.js';

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
  /** Adds a line to `<name>.jsonl`: what is known only now and then. Cut back with the metrics where a run is resumed. */
  note(name: string, line: StepLine): Promise<void>;
  /** Writes `checkpoints/step-N/`, after the lines up to it are on the disk. */
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
  const done = resumeFrom?.step ?? -1; // a run without a checkpoint begins anew
  for (const name of (await readdir(path)).filter((file) => file.endsWith('.jsonl'))) await keepLinesUpTo(join(path, name), done);
  const logs = new Map<string, StepLog>();
  const logOf = async (name: string): Promise<StepLog> => {
    const log = logs.get(name) ?? (await openStepLog(join(path, `${name}.jsonl`), done));
    logs.set(name, log);
    return log;
  };
  await logOf('metrics');

  return {
    path,
    resumeFrom,
    log: async (record) => (await logOf('metrics')).append(record),
    note: async (name, line) => (await logOf(name)).append(line),
    async save(checkpoint) {
      for (const log of logs.values()) await log.sync();
      await writeCheckpoint(checkpoints, checkpoint, keep);
    },
    write: (name, content) => writeFileAtomic(join(path, name), content),
    async close() {
      for (const log of logs.values()) await log.close();
    },
  };
}

/** The metrics of a run, line by line. A last line that was cut off is left out. @throws DataError */
export function readMetrics(path: string): Promise<StepRecord[]> {
  return readStepLog<StepRecord>(join(path, 'metrics.jsonl'));
}

function firstDifference(before: string, after: string): string {
  const [old, fresh] = [before.split('\n'), after.split('\n')];
  const line = old.findIndex((text, i) => text !== fresh[i]);
  const say = (text: string | undefined): string => (text ?? 'nothing').trim().replace(/,$/, '');
  return `${say(old[line])} there, ${say(fresh[line])} here`;
}
