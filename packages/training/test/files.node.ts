import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import type * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { thisWriter } from '@kindred/core/node';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { type Checkpoint, pretrain, type StepRecord, takeCheckpoint } from '../src/index.js';
import { listCheckpoints, openRunFolder, readCheckpoint, readMetrics, readIdentity, readStepLog, writeCheckpoint } from '../src/node.js';
import { smallRun } from './support.js';

/** Errors that the next writes to files of a name meet: a disk that is full. */
const faults = vi.hoisted(() => ({ on: undefined as RegExp | undefined, code: 'ENOSPC' }));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fs>();
  return {
    ...real,
    async open(path: string, ...rest: [string]) {
      const file = await real.open(path, ...rest);
      if (faults.on?.test(path)) file.writeFile = file.appendFile = () => Promise.reject(Object.assign(new Error('no space left on device'), { code: faults.code }));
      return file;
    },
  };
});

let folder: string;
beforeEach(() => {
  faults.on = undefined;
  folder = mkdtempSync(join(tmpdir(), 'kindred-run-'));
});
const message = (promise: Promise<unknown>): Promise<string> =>
  promise.then(() => 'accepted', (error: Error) => `${error.name}: ${error.message}`.replaceAll(folder, '<folder>'));

/** A mark of a process of this machine that is no more. */
const deadMark = (): string => thisWriter().mark.replace(/-\d+-/, `-${spawnSync('true').pid}-`);

const { method, optimizer } = smallRun();
const checkpoint = (step: number): Checkpoint => takeCheckpoint(step, method, optimizer);
const record = (step: number): StepRecord => ({ step, epoch: 0, loss: 1 / step, learningRate: 0.1, samplesPerSecond: 9, waiting: 0, diagnostics: {} });

describe('checkpoints on disk', () => {
  test('read back equal to what was written, the newest kept', async () => {
    for (const step of [3, 6, 12]) await writeCheckpoint(folder, checkpoint(step), 2);
    expect(await listCheckpoints(folder)).toEqual([6, 12]);
    expect(await readCheckpoint(join(folder, 'step-12'))).toEqual(checkpoint(12));
  });

  test('cut short, changed, missing or of another format: the file is named, with what to do', async () => {
    const path = await writeCheckpoint(folder, checkpoint(4), 2);
    const model = join(path, 'model.safetensors');
    const bytes = readFileSync(model);
    for (const length of [0, 5, 40, bytes.length - 1]) {
      truncateSync(model, length);
      expect(await message(readCheckpoint(path))).toBe(
        `DataError: <folder>/step-4/model.safetensors: has ${length} bytes, expected ${bytes.length}. It was cut short. Delete <folder>/step-4 to go on from the checkpoint before it.`,
      );
      writeFileSync(model, bytes);
    }
    const flipped = Buffer.from(bytes);
    flipped[flipped.length - 3]! ^= 1;
    writeFileSync(model, flipped);
    expect(await message(readCheckpoint(path))).toContain('model.safetensors: does not have the content that was written.');
    writeFileSync(model, bytes);
    const summary = readFileSync(join(path, 'state.json'), 'utf8');
    writeFileSync(join(path, 'state.json'), summary.replace('"format": 1', '"format": 2'));
    expect(await message(readCheckpoint(path))).toContain("state.json: is not a checkpoint's of format 1");
    writeFileSync(join(path, 'state.json'), summary.slice(0, 20));
    expect(await message(readCheckpoint(path))).toContain('state.json: is not JSON.');
    expect(await message(readCheckpoint(join(folder, 'step-9')))).toContain('cannot be read (ENOENT).');
  });
});

describe('a run folder', () => {
  const settings = { name: 'small', epochs: 6 };
  const data = { name: 'squares', size: 24, fingerprint: 'a1' };

  test('resumed, it drops the metrics and notes after the checkpoint and what killed writers left', async () => {
    const path = join(folder, 'run');
    const first = await openRunFolder(path, { settings, data, resume: false });
    for (let step = 1; step <= 5; step++) {
      await first.log(record(step));
      if (step % 2 === 0) await first.note('monitor', { step });
    }
    await first.save(checkpoint(3));
    await first.close();
    writeFileSync(join(path, 'metrics.jsonl'), `${readFileSync(join(path, 'metrics.jsonl'), 'utf8')}{"step":6,"los`);
    writeFileSync(join(path, 'checkpoints', `.step-6.${deadMark()}.abc.partial`), 'half');
    const again = await openRunFolder(path, { settings, data, resume: true });
    expect(again.resumeFrom).toEqual(checkpoint(3));
    await again.log(record(4));
    await again.close();
    expect((await readMetrics(path)).map(({ step }) => step)).toEqual([1, 2, 3, 4]);
    expect(await readStepLog(join(path, 'monitor.jsonl'))).toEqual([{ step: 2 }]);
    expect(readdirSync(join(path, 'checkpoints'))).toEqual(['step-3']);
  });

  test('an existing run is refused unless resumed, and so are other settings', async () => {
    const path = join(folder, 'run');
    const first = await openRunFolder(path, { settings, data, resume: false });
    await first.log(record(1));
    await first.close();
    expect(await message(openRunFolder(path, { settings, data, resume: false }))).toMatchInlineSnapshot(
      `"DataError: <folder>/run: holds a run already. Resume it, or choose another name."`,
    );
    expect(await message(openRunFolder(path, { settings: { ...settings, epochs: 7 }, data, resume: true }))).toMatchInlineSnapshot(`"DataError: <folder>/run/config.json: is of a run with other settings (epochs 6 then, 7 now). Go on with the settings of the run, or choose another name."`);
  });

  test('a disk that fills up during a run ends it with an error; resumed, it ends in the weights of a whole run', async () => {
    const train = async (path: string, resume: boolean): Promise<void> => {
      const run = await openRunFolder(path, { settings, data, resume });
      await pretrain({
        ...smallRun(),
        ...(run.resumeFrom && { resumeFrom: run.resumeFrom }),
        onStep: (step) => run.log(step),
        onCheckpoint: (each) => run.save(each),
      }).finally(() => run.close());
    };
    await train(join(folder, 'whole'), false);
    faults.on = /step-9/;
    expect(await message(train(join(folder, 'full'), false))).toContain('The disk is full.');
    expect(await listCheckpoints(join(folder, 'full', 'checkpoints'))).toEqual([3, 6]);
    faults.on = undefined;
    await train(join(folder, 'full'), true);
    const last = (run: string): Promise<Checkpoint> => readCheckpoint(join(folder, run, 'checkpoints', 'step-18'));
    expect(await last('full')).toEqual(await last('whole'));
    expect(existsSync(join(folder, 'full', 'metrics.jsonl'))).toBe(true);
  });

  test('a run is the folder that it is in: a copy and a renamed one go on where they are', async () => {
    const path = join(folder, 'run');
    await makeRun(path);
    cpSync(path, join(folder, 'copy'), { recursive: true });
    renameSync(path, join(folder, 'renamed'));
    for (const name of ['copy', 'renamed']) {
      const run = await openRunFolder(join(folder, name), { settings: { ...settings, name }, data, resume: true });
      expect(run.resumeFrom?.step, name).toBe(3);
      await run.log(record(4));
      await run.close();
      expect((await readMetrics(join(folder, name))).length, name).toBe(4);
    }
  });

  test('what is not there is not resumed, and makes no folder', async () => {
    expect(await message(openRunFolder(join(folder, 'run'), { settings, data, resume: true }))).toMatchInlineSnapshot(`"DataError: <folder>/run: is not there. Give the folder of a run, or start one without --resume."`);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('without its settings a run is neither adopted nor written over', async () => {
    const path = join(folder, 'run');
    await makeRun(path);
    rmSync(join(path, 'config.json'));
    expect(await message(openRunFolder(path, { settings, data, resume: false }))).toMatchInlineSnapshot(`"DataError: <folder>/run: holds checkpoints or metrics of a run, but no config.json. Restore the settings of that run and resume it, or choose another name."`);
    expect(await message(openRunFolder(path, { settings, data, resume: true }))).toMatchInlineSnapshot(`"DataError: <folder>/run: holds checkpoints or metrics, but no config.json. Restore the settings of the run to go on with it."`);
    expect(await listCheckpoints(join(path, 'checkpoints'))).toEqual([3]);
  });

  test('one writer at a time; a copy of a run that is being written is free', async () => {
    const path = join(folder, 'run');
    const first = await openRunFolder(path, { settings, data, resume: false });
    await first.log(record(1));
    await first.save(checkpoint(1));
    const refused = await message(openRunFolder(path, { settings, data, resume: true }));
    expect(refused.replace(/process \d+ on \S+, since [^ ]+\./, 'process <pid> on <host>, since <then>.')).toMatchInlineSnapshot(`"DataError: <folder>/run: is being written by process <pid> on <host>, since <then>. Stop it first, or wait for its end."`);
    cpSync(path, join(folder, 'copy'), { recursive: true });
    await (await openRunFolder(join(folder, 'copy'), { settings, data, resume: true })).close();
    await first.log(record(2)); // goes on undisturbed
    await first.close();
    await (await openRunFolder(path, { settings, data, resume: true })).close();
    expect(readdirSync(path)).not.toContain('lock');
  });

  test('of several that take a run at once, one gets it', async () => {
    const path = join(folder, 'run');
    await makeRun(path);
    const all = await Promise.allSettled(Array.from({ length: 8 }, () => openRunFolder(path, { settings, data, resume: true })));
    const got = all.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    expect(got.length).toBe(1);
    await got[0]!.close();
  });

  test('the lock of a dead process is taken over, that of another machine after ten minutes without a sign of life', async () => {
    const path = join(folder, 'run');
    await makeRun(path);
    const held = await openRunFolder(path, { settings, data, resume: true });
    const lock = JSON.parse(readFileSync(join(path, 'lock'), 'utf8')) as object;
    await held.close();
    const put = (mark: string): void => writeFileSync(join(path, 'lock'), JSON.stringify({ ...lock, host: 'elsewhere', mark }));
    put(deadMark());
    await (await openRunFolder(path, { settings, data, resume: true })).close();
    put('00000000-1-abc');
    expect(await message(openRunFolder(path, { settings, data, resume: true }))).toContain('If it is gone already, delete <folder>/run/lock.');
    const then = new Date(Date.now() - 11 * 60_000);
    utimesSync(join(path, 'lock'), then, then);
    await (await openRunFolder(path, { settings, data, resume: true })).close();
  });

  test('other data are refused with what changed, or taken and written down', async () => {
    const path = join(folder, 'run');
    await makeRun(path);
    const before = readFileSync(join(path, 'run.json'), 'utf8');
    const more = { ...data, size: 25, fingerprint: 'b2' };
    expect(await message(openRunFolder(path, { settings, data: more, resume: true }))).toMatchInlineSnapshot(`"DataError: <folder>/run: its data are not those it was trained on: 24 samples of squares then, 25 samples of squares now. Order and epochs would be others, and what the run remembers would be of other samples. Restore the data, or say --accept-changed-data (acceptChangedData)."`);
    expect(await message(openRunFolder(path, { settings, data: { ...data, fingerprint: 'c3' }, resume: true }))).toMatchInlineSnapshot(`"DataError: <folder>/run: its data are not those it was trained on: 24 samples of squares as before, but other files or values (a1, now c3). Order and epochs would be others, and what the run remembers would be of other samples. Restore the data, or say --accept-changed-data (acceptChangedData)."`);
    expect(readFileSync(join(path, 'run.json'), 'utf8')).toBe(before);
    const warnings: string[] = [];
    await (await openRunFolder(path, { settings, data: more, resume: true, acceptChangedData: true, onWarning: (text) => warnings.push(text) })).close();
    expect(warnings.length).toBe(1);
    const { data: now, changes } = (await readIdentity(join(path, 'run.json')))!;
    expect(now).toEqual(more);
    expect(changes).toMatchObject([{ step: 3, what: 'its data are not those it was trained on: 24 samples of squares then, 25 samples of squares now' }]);
    await (await openRunFolder(path, { settings, data: more, resume: true })).close();
  });

  test('another engine is a warning, once', async () => {
    const path = join(folder, 'run');
    await makeRun(path, { library: 'TensorFlow 2.21', threads: '2' });
    const warnings: string[] = [];
    const resume = { settings, data, resume: true, engine: { library: 'TensorFlow 2.22', threads: '2' }, onWarning: (text: string) => warnings.push(text.replaceAll(folder, '<folder>')) };
    await (await openRunFolder(path, resume)).close();
    await (await openRunFolder(path, resume)).close();
    expect(warnings).toMatchInlineSnapshot(`
      [
        "<folder>/run: goes on with another engine (library TensorFlow 2.21 then, TensorFlow 2.22 now). Its numbers may differ in the last digits from those of a run without a break.",
      ]
    `);
  });

  test('a run of version 0.1.0 is refused by name', async () => {
    const path = join(folder, 'run');
    await makeRun(path);
    rmSync(join(path, 'run.json'));
    expect(await message(openRunFolder(path, { settings, data, resume: true }))).toMatchInlineSnapshot(`"DataError: <folder>/run: is a run of Kindred 0.1.0 (it has no run.json), with which this version cannot go on. Finish it with 0.1.0, or train it anew under another name."`);
  });

  test('a run without a step blocks nothing, and what was there before it stays', async () => {
    const path = join(folder, 'run');
    mkdirSync(path);
    writeFileSync(join(path, 'notes.txt'), 'mine');
    const first = await openRunFolder(path, { settings, data, resume: false });
    await first.note('monitor', { step: 0 });
    await first.close();
    expect(readdirSync(path)).toEqual(['notes.txt']);
    // one that was killed instead
    for (const [name, text] of [['run.json', '{}'], ['config.json', '{}'], ['metrics.jsonl', ''], ['monitor.jsonl', '{"step":0}\n']] as const) writeFileSync(join(path, name), text);
    await makeRun(path);
    expect(await readStepLog(join(path, 'metrics.jsonl'))).toHaveLength(3);
    expect(readdirSync(path)).not.toContain('monitor.jsonl');
  });

  test('a line that was damaged in the middle is named, not dropped', async () => {
    const path = join(folder, 'run');
    await makeRun(path);
    const text = readFileSync(join(path, 'metrics.jsonl'), 'utf8').split('\n');
    writeFileSync(join(path, 'metrics.jsonl'), [text[0], '{"step":2,', ...text.slice(2)].join('\n'));
    expect(await message(openRunFolder(path, { settings, data, resume: true }))).toContain('metrics.jsonl:2: is not a line of JSON.');
  });

  /** A run of three steps with a checkpoint. */
  async function makeRun(path: string, engine: Readonly<Record<string, string>> = {}): Promise<void> {
    const run = await openRunFolder(path, { settings, data, engine, resume: false });
    for (const step of [1, 2, 3]) await run.log(record(step));
    await run.save(checkpoint(3));
    await run.close();
  }

  test('not the folder of a run', async () => {
    expect(await message(readMetrics(folder))).toMatchInlineSnapshot(`"DataError: <folder>/metrics.jsonl: cannot be read (ENOENT). Is this the folder of a run?"`);
  });
});
