/** The folder of a run: identity, settings, metrics, checkpoints. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '@kindred/core';
import { removePartials, writeError, writeFileAtomic } from '@kindred/core/node';
import type { Checkpoint } from '../checkpoint.js';
import type { StepRecord } from '../pretrain-options.js';
import { listCheckpoints, readCheckpoint, writeCheckpoint } from './checkpoint-files.js';
import { compareRun, type CompareRunOptions } from './run-compare.js';
import { engineChange, runFormat, type RunIdentity } from './run-identity.js';
import { lockRun } from './run-lock.js';
import { keepLinesUpTo, openStepLog, readStepLog, type StepLine, type StepLog } from './step-log.js';

/** How a run folder is opened. */
export interface RunFolderOptions extends CompareRunOptions {
  /** Whether to continue an existing run from its newest checkpoint. Otherwise a folder in which a run has made a step is refused. */
  readonly resume: boolean;
  /** Describes the engine, as names and values. An engine other than before is a warning. Default: nothing is compared. */
  readonly engine?: Readonly<Record<string, string>>;
  /** How many checkpoints are kept. Default: 2. */
  readonly keep?: number;
}

/** The folder of a run, open for its one writer. */
export interface RunFolder {
  readonly path: string;
  /** The checkpoint to continue from; undefined for a new run. */
  readonly resumeFrom: Checkpoint | undefined;
  /** Adds a line to `metrics.jsonl`. */
  log(record: StepRecord): Promise<void>;
  /** Adds a line to `<name>.jsonl`, for what is not measured at every step. Cut back with the metrics when a run is resumed. */
  note(name: string, line: StepLine): Promise<void>;
  /** Writes `checkpoints/step-N/`, after the lines up to it are on the disk. */
  save(checkpoint: Checkpoint): Promise<void>;
  /** Writes a file of the run, whole or not at all. */
  write(name: string, content: string | Uint8Array): Promise<void>;
  /** Removes a file of the run, if it is there. */
  remove(name: string): Promise<void>;
  /** Closes all files and releases the run. A new run that has made no step leaves nothing behind. */
  close(): Promise<void>;
}

/** Files that a run makes: what a run without a step leaves behind is among them. */
const own = /^(config\.json|run\.json|environment\.json|encoder\.json|init\.json|checkpoints|(best|encoder)\.safetensors|(metrics|monitor|neighbors)\.jsonl)$/;

/**
 * Opens `path` for a run: creates it, or continues it. Nobody else can write the run until it is closed. Resuming drops the metrics of
 * steps after the checkpoint, which are computed again.
 *
 * A folder whose run has not made a step blocks nothing: a new run takes its place.
 *
 * @throws DataError if there is no run to resume, or a new one would replace an existing one; if another process is writing it; if settings or
 * data are not those of the run; if it has another version; if the newest checkpoint is damaged, or nothing can be written.
 */
export async function openRunFolder(path: string, options: RunFolderOptions): Promise<RunFolder> {
  const { resume, keep = 2 } = options;
  const checkpoints = join(path, 'checkpoints');
  if (resume && !existsSync(join(path, 'config.json'))) throw await notARun(path);
  const made = await mkdir(path, { recursive: true }).catch((error: unknown) => {
    throw writeError(path, error);
  });
  const logs = new Map<string, StepLog>();
  let [fresh, steps] = [false, 0];
  const leave = async (unlock: () => Promise<void>): Promise<void> => {
    const closed = await Promise.allSettled([...logs.values()].map((log) => log.close()));
    logs.clear();
    // whatever precedes the first step of a new run is worthless
    if (fresh && steps === 0) await removeOwn(path).catch(() => undefined);
    await unlock();
    if (made !== undefined) await rmdir(path).catch(() => undefined); // goes if it is empty
    for (const each of closed) if (each.status === 'rejected') throw each.reason;
  };
  const unlock = await lockRun(path).catch(async (error: unknown) => {
    await leave(() => Promise.resolve());
    throw error;
  });
  try {
    if (!resume) await checkVacant(path);
    await removePartials(path);
    await removePartials(checkpoints);
    fresh = !resume;
    const resumeFrom = await (resume ? goOn(path, options) : begin(path, options));
    const done = resumeFrom?.step ?? -1; // a run without a checkpoint starts over
    steps = Math.max(0, done);
    const names = await readdir(path).catch((error: unknown) => {
      throw writeError(path, error);
    });
    for (const name of names.filter((file) => file.endsWith('.jsonl'))) await keepLinesUpTo(join(path, name), done);
    const logOf = async (name: string): Promise<StepLog> => {
      const log = logs.get(name) ?? (await openStepLog(join(path, `${name}.jsonl`), done));
      logs.set(name, log);
      return log;
    };
    await logOf('metrics');
    return {
      path,
      resumeFrom,
      async log(record) {
        steps = record.step;
        await (await logOf('metrics')).append(record);
      },
      note: async (name, line) => (await logOf(name)).append(line),
      async save(checkpoint) {
        for (const log of logs.values()) await log.sync();
        await writeCheckpoint(checkpoints, checkpoint, keep);
      },
      write: (name, content) => writeFileAtomic(join(path, name), content),
      remove: (name) =>
        rm(join(path, name), { force: true }).catch((error: unknown) => {
          throw writeError(join(path, name), error);
        }),
      close: () => leave(unlock),
    };
  } catch (error) {
    await leave(unlock).catch(() => undefined);
    throw error;
  }
}

/** The metrics of a run, line by line. A last line that was cut off is left out. @throws DataError */
export function readMetrics(path: string): Promise<StepRecord[]> {
  return readStepLog<StepRecord>(join(path, 'metrics.jsonl'));
}

/** The error for a folder without settings. */
async function notARun(path: string): Promise<DataError> {
  if (!existsSync(path)) return new DataError(path, 'is not there.', 'Give the folder of a run, or start one without --resume.');
  return (await hasSteps(path))
    ? new DataError(path, 'holds checkpoints or metrics, but no config.json.', 'Restore the settings of the run to go on with it.')
    : new DataError(path, 'is not the folder of a run: it has no config.json.', 'Give the folder that pretrain made.');
}

/** Whether a run has made any progress: one that has not may be replaced. */
async function hasSteps(path: string): Promise<boolean> {
  if ((await listCheckpoints(join(path, 'checkpoints'))).length > 0) return true;
  const metrics = join(path, 'metrics.jsonl');
  return existsSync(metrics) && (await readStepLog(metrics)).length > 0;
}

/** Refuses a folder with a run that has made progress. */
async function checkVacant(path: string): Promise<void> {
  if (!(await hasSteps(path))) return;
  if (existsSync(join(path, 'config.json'))) throw new DataError(path, 'holds a run already.', 'Resume it, or choose another name.');
  throw new DataError(path, 'holds checkpoints or metrics of a run, but no config.json.', 'Restore the settings of that run and resume it, or choose another name.');
}

/** A new run. `run.json` comes first: settings without it are those of version 1. */
async function begin(path: string, { settings, data, engine = {} }: RunFolderOptions): Promise<undefined> {
  await removeOwn(path);
  const { name, size, fingerprint } = data;
  await writeIdentity(path, { format: runFormat, created: new Date().toISOString(), data: { name, size, fingerprint }, engine, changes: [] });
  await writeFileAtomic(join(path, 'config.json'), textOf(settings));
}

/** An existing run: compares it, and records the permitted changes. */
async function goOn(path: string, options: RunFolderOptions): Promise<Checkpoint | undefined> {
  const { settings, data, engine = {}, onWarning } = options;
  const { identity, changes } = await compareRun(path, options);
  const newest = (await listCheckpoints(join(path, 'checkpoints'))).at(-1);
  const checkpoint = newest === undefined ? undefined : await readCheckpoint(join(path, 'checkpoints', `step-${newest}`));
  const otherEngine = engineChange(identity.engine, engine);
  if (otherEngine !== undefined) {
    changes.push(otherEngine);
    onWarning?.(`${path}: goes on with another engine (${otherEngine}). Its numbers may differ in the last digits from those of a run without a break.`);
  }
  if (changes.length > 0) {
    const { name, size, fingerprint } = data;
    const [step, at] = [checkpoint?.step ?? 0, new Date().toISOString()];
    await writeFileAtomic(join(path, 'config.json'), textOf(settings));
    await writeIdentity(path, { ...identity, data: { name, size, fingerprint }, engine, changes: [...identity.changes, ...changes.map((what) => ({ step, at, what }))] });
  }
  return checkpoint;
}

const textOf = (settings: unknown): string => `${JSON.stringify(settings, null, 2)}\n`;
const writeIdentity = (path: string, identity: RunIdentity): Promise<void> => writeFileAtomic(join(path, 'run.json'), textOf(identity));

async function removeOwn(path: string): Promise<void> {
  const names = await readdir(path).catch(() => []);
  for (const name of names.filter((each) => own.test(each))) {
    await rm(join(path, name), { recursive: true, force: true }).catch((error: unknown) => {
      throw writeError(join(path, name), error);
    });
  }
}
