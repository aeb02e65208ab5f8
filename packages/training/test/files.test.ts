import { existsSync, mkdtempSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import type * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { type Checkpoint, pretrain, type StepRecord, takeCheckpoint } from '../src/index.js';
import { listCheckpoints, openRunFolder, readCheckpoint, readMetrics, readStepLog, writeCheckpoint, writeFileAtomic, writeFolderAtomic } from '../src/node.js';
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

const { method, optimizer } = smallRun();
const checkpoint = (step: number): Checkpoint => takeCheckpoint(step, method, optimizer);
const record = (step: number): StepRecord => ({ step, epoch: 0, loss: 1 / step, learningRate: 0.1, imagesPerSecond: 9, waiting: 0, diagnostics: {} });

describe('atomic writing', () => {
  test('a full disk leaves the old content, nothing half-written, and says what to do', async () => {
    const file = join(folder, 'a.json');
    await writeFileAtomic(file, 'old');
    faults.on = /a\.json/;
    expect(await message(writeFileAtomic(file, 'new'))).toMatchInlineSnapshot(
      `"DataError: <folder>/a.json: could not be written (ENOSPC). The disk is full. Free some space and resume the run: nothing half-written was kept."`,
    );
    expect(readFileSync(file, 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['a.json']);
  });

  test('a folder that is a file is told as what could not be written', async () => {
    await writeFileAtomic(join(folder, 'file'), 'text');
    expect(await message(writeFileAtomic(join(folder, 'file', 'a.json'), '1'))).toMatchInlineSnapshot(`"DataError: <folder>/file/a.json: could not be written (EEXIST). Part of the path is a file. Choose another place."`);
  });

  test('a folder appears whole or not at all', async () => {
    faults.on = /second/;
    expect(await message(writeFolderAtomic(join(folder, 'f'), { first: '1', second: '2' }))).toContain('ENOSPC');
    expect(readdirSync(folder)).toEqual([]);
    faults.on = undefined;
    await writeFolderAtomic(join(folder, 'f'), { first: '1', second: '2' });
    expect(readdirSync(join(folder, 'f'))).toEqual(['first', 'second']);
  });
});

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

  test('resumed, it drops the metrics and notes after the checkpoint and what killed writers left', async () => {
    const path = join(folder, 'run');
    const first = await openRunFolder(path, { settings, resume: false });
    for (let step = 1; step <= 5; step++) {
      await first.log(record(step));
      if (step % 2 === 0) await first.note('monitor', { step });
    }
    await first.save(checkpoint(3));
    await first.close();
    writeFileSync(join(path, 'metrics.jsonl'), `${readFileSync(join(path, 'metrics.jsonl'), 'utf8')}{"step":6,"los`);
    writeFileSync(join(path, 'checkpoints', '.step-6.abc.partial'), 'half');
    const again = await openRunFolder(path, { settings, resume: true });
    expect(again.resumeFrom).toEqual(checkpoint(3));
    await again.log(record(4));
    await again.close();
    expect((await readMetrics(path)).map(({ step }) => step)).toEqual([1, 2, 3, 4]);
    expect(await readStepLog(join(path, 'monitor.jsonl'))).toEqual([{ step: 2 }]);
    expect(readdirSync(join(path, 'checkpoints'))).toEqual(['step-3']);
  });

  test('an existing run is refused unless resumed, and so are other settings', async () => {
    const path = join(folder, 'run');
    await (await openRunFolder(path, { settings, resume: false })).close();
    expect(await message(openRunFolder(path, { settings, resume: false }))).toMatchInlineSnapshot(
      `"DataError: <folder>/run: holds a run already. Resume it, or choose another name."`,
    );
    expect(await message(openRunFolder(path, { settings: { ...settings, epochs: 7 }, resume: true }))).toMatchInlineSnapshot(
      `"DataError: <folder>/run/config.json: is of a run with other settings ("epochs": 6 there, "epochs": 7 here). Resume with the settings of the run, or choose another name."`,
    );
  });

  test('a disk that fills up during a run ends it with an error; resumed, it ends in the weights of a whole run', async () => {
    const train = async (path: string, resume: boolean): Promise<void> => {
      const run = await openRunFolder(path, { settings, resume });
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

  test('not the folder of a run', async () => {
    expect(await message(readMetrics(folder))).toMatchInlineSnapshot(`"DataError: <folder>/metrics.jsonl: cannot be read (ENOENT). Is this the folder of a run?"`);
  });
});
