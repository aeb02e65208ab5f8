import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { importTorch, networkState } from '@kindred/backbones';
import { decodeSafetensors } from '@kindred/core';
import { readStepLog } from '@kindred/training/node';
import { beforeAll, describe, expect, test } from 'vitest';
import { freshEncoder, type InitReport, loadRun, type MonitorLine, type NeighborsLine, readRunSettings } from '@kindred/runs';
import { type Ended, kindred, settingsOn, stripedImages, writeSettings } from './support.js';

let images: string;
let runs: string;
let run: string;
let trained: Ended;
beforeAll(async () => {
  images = await stripedImages();
  runs = mkdtempSync(join(tmpdir(), 'kindred-runs-'));
  run = join(runs, 'striped');
  trained = await kindred('pretrain', writeSettings(settingsOn(images)), '--runs', runs);
}, 60_000);

describe('kindred pretrain', () => {
  test('leaves a run folder, and says so on stderr in plain lines', () => {
    expect(trained.code, trained.stderr).toBe(0);
    expect(trained.stdout).toBe('');
    expect(trained.stderr).toContain('nnclr on 48 images of');
    expect(trained.stderr).toMatch(/step 48\/48 \| loss \d/);
    expect(trained.stderr).not.toContain('\u001b[');
    expect(readdirSync(run).sort()).toEqual([
      'best.safetensors',
      'checkpoints',
      'config.json',
      'encoder.json',
      'encoder.safetensors',
      'environment.json',
      'metrics.jsonl',
      'monitor.jsonl',
      'neighbors.jsonl',
      'run.json',
    ]);
    expect(readdirSync(join(run, 'checkpoints')).sort()).toEqual(['step-44', 'step-48']);
  });

  test('measures now and then on training images, and keeps the encoder that did best', async () => {
    const lines = await readStepLog<MonitorLine>(join(run, 'monitor.jsonl'));
    expect(lines.map(({ step }) => step)).toEqual([0, 6, 12, 18, 24, 30, 36, 42, 48]);
    expect(Object.keys(lines[0]!.values)).toEqual(['knn', 'uniformity', 'deviation', 'participationRatio']);
    const best = Math.max(...lines.map(({ values }) => values['knn']!));
    const { metadata } = decodeSafetensors(readFileSync(join(run, 'best.safetensors')));
    expect(metadata).toMatchObject({ knn: `${best}`, step: `${lines.find(({ values }) => values['knn'] === best)!.step}` });
  });

  test('writes down which stored samples were taken as positives, early and late', async () => {
    const lines = await readStepLog<NeighborsLine>(join(run, 'neighbors.jsonl'));
    expect(lines.map(({ step }) => step)).toEqual([1, 3, 6, 10, 12, 18, 24, 30, 36, 42, 48]);
    expect(lines[0]!.neighborIds.every((id) => id === -1)).toBe(true); // random rows at the start
    for (const { sampleIds, neighborIds, similarities } of lines.slice(4)) {
      expect([sampleIds.length, neighborIds.length, similarities.length]).toEqual([8, 8, 8]);
      expect(neighborIds.every((id) => id >= 0 && id < 48)).toBe(true);
    }
  });

  test("its encoder.safetensors holds the checkpoint's weights under torchvision's names", async () => {
    const settings = await readRunSettings(run);
    const encoder = freshEncoder(settings, { channels: 1 });
    importTorch(encoder, decodeSafetensors(readFileSync(join(run, 'encoder.safetensors'))).tensors);
    const loaded = await loadRun(run, { name: 'images', channels: 1, imageShape: [12, 12, 1] });
    expect(networkState(encoder)).toEqual(networkState(loaded.encoder));
    expect(loaded.step).toBe(48);
  });
});

describe('kindred pretrain --init', () => {
  test('starts from the encoder of another run, and says what was taken', async () => {
    const { code, stderr } = await kindred('pretrain', writeSettings({ ...settingsOn(images), epochs: 1 }), '--init', run, '--name', 'from-run', '--runs', runs);
    expect(code, stderr).toBe(0);
    expect(stderr.replaceAll(runs, '<runs>')).toContain('from-run: starts from <runs>/striped after 48 steps: 30 tensors behind encoder.; left out projector.0.weight, projector.1.weight, projector.1.bias and ');
    const { from, step, taken } = JSON.parse(readFileSync(join(runs, 'from-run', 'init.json'), 'utf8')) as InitReport;
    expect([from, step, taken.length]).toEqual([run, 48, 30]);
    expect((await readRunSettings(join(runs, 'from-run'))).init).toBe(run);
  }, 60_000);
});

describe('kindred evaluate', () => {
  test('prints one table on stdout and writes evaluation.json', async () => {
    const { code, stdout, stderr } = await kindred('evaluate', run, '--baselines', '--set', 'k=5', '--set', 'fractions=[1, 0.5]');
    expect(code, stderr).toBe(0);
    for (const row of ['raw pixels', 'random weights', 'striped']) expect(stdout).toContain(row);
    const { rows, settings, step } = JSON.parse(readFileSync(join(run, 'evaluation.json'), 'utf8'));
    expect(settings.k).toBe(5);
    expect(step).toBe(48);
    expect(rows[2].results.map(({ labels }: { labels: number }) => labels)).toEqual([48, 24]);
  }, 60_000);

  test('several runs, other probes, other data: a table each, and mean ± deviation of those that differ in their seed', async () => {
    const other = join(runs, 'striped-2');
    cpSync(run, other, { recursive: true });
    const config = JSON.parse(readFileSync(join(run, 'config.json'), 'utf8'));
    writeFileSync(join(other, 'config.json'), JSON.stringify({ ...config, name: 'striped-2', seed: 2 }));
    const small = `{name: image-folder, root: ${images}, imageSize: [9, 9]}`;
    const { code, stdout, stderr } = await kindred(
      'evaluate', run, other, '--probes', 'sgd,clustering', '--on', small, '--set', 'sgd.epochs=2', '--set', 'sgd.batchSize=16',
    );
    expect(code, stderr).toBe(0);
    expect(stdout).not.toContain('kNN');
    expect(stdout).toContain(`on ${basename(images)} (colours to luma, 9x9 resized to 12x12)`);
    expect(stdout).toContain('striped, 2 seeds');
    expect(stdout).toMatch(/linear by SGD, last epoch, % +│ +\d+\.\d ±\d+\.\d │/);
    expect(stderr).toMatch(/striped-2: linear probe by SGD 100% \| step 4\/4/);
    expect(JSON.parse(readFileSync(join(other, 'evaluation.json'), 'utf8')).transfer[0].changes).toEqual(['colours to luma', '9x9 resized to 12x12']);
  }, 120_000);
});

describe('kindred export', () => {
  test('writes the encoder, and says what it is', async () => {
    const out = join(mkdtempSync(join(tmpdir(), 'kindred-exports-')), 'encoder.onnx');
    const { code, stderr } = await kindred('export', run, '--to', 'onnx', '--out', out);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('the encoder after 48 steps, embeddings of 8 numbers');
    expect(readFileSync(out).includes('kindred.input')).toBe(true);
    const heads = await kindred('export', run, '--to', 'safetensors', '--out', out.replace('.onnx', '.safetensors'), '--head-only');
    expect(heads.code, heads.stderr).toBe(0);
    expect(heads.stderr).toContain('the heads after 48 steps, embeddings of 8, projections of 4, predictions of 4 numbers');
  }, 60_000);

  test('a run without an encoder, and a folder of other things, are refused, and nothing is written', async () => {
    const young = join(mkdtempSync(join(tmpdir(), 'kindred-exports-')), 'young');
    cpSync(run, young, { recursive: true });
    rmSync(join(young, 'encoder.safetensors'));
    const none = await kindred('export', young, '--to', 'onnx', '--out', join(young, 'a.onnx'));
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('encoder.safetensors: is not there. Resume the run: it writes its encoder at the end.')]);
    expect(existsSync(join(young, 'a.onnx'))).toBe(false);
    const foreign = await kindred('export', run, '--to', 'tfjs', '--out', images);
    expect([foreign.code, foreign.stderr]).toEqual([1, expect.stringContaining('expected a new folder or an earlier export')]);
    expect(readdirSync(images).sort()).toEqual(['test', 'train']);
  }, 60_000);
});

describe('kindred embed', () => {
  test('writes embeddings, ids and labels', async () => {
    const out = join(runs, 'test.safetensors');
    const { code, stderr } = await kindred('embed', '--run', run, '--out', out, '--split', 'test');
    expect(code, stderr).toBe(0);
    const { tensors, metadata } = decodeSafetensors(readFileSync(out));
    expect(tensors['embeddings']!.shape).toEqual([18, 8]);
    expect([...tensors['labels']!.values].sort()).toEqual([...Array(6).fill(0), ...Array(6).fill(1), ...Array(6).fill(2)]);
    const { ids, source } = JSON.parse(metadata['kindred.embeddings']!) as { ids: string[]; source: { weights: string } };
    expect(new Set(ids).size).toBe(18);
    expect(source.weights).toMatch(/^[0-9a-f]{16}$/);
  }, 60_000);
});

describe('bad input', () => {
  const refused = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await kindred(...args);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).not.toMatch(/\n\s+at /);
    return stderr.replaceAll(images, '<images>').replaceAll(runs, '<runs>').replaceAll(/\/\S*kindred-settings-\w+/g, '<settings>');
  };

  test('settings that are unknown, out of range or contradict one another are listed together', async () => {
    const file = writeSettings({ ...settingsOn(images), epochs: 0, batchsize: 4, encoder: { name: 'vit' } });
    expect(await refused('pretrain', file, '--runs', runs)).toMatchInlineSnapshot(`
      "[error] SettingsError: <settings>/run.json: has 3 problems
        encoder.name  Invalid discriminator value. Expected 'resnet' | 'small-resnet', received "vit"
        epochs        expected number to be >0, received 0
        batchsize     is not a setting. Did you mean batchSize?
      "
    `);
    const other = writeSettings(settingsOn(images));
    expect(await refused('pretrain', other, '--set', 'method.supportSet.capacity=4', '--set', 'learningRate.warmupEpochs=9')).toMatchInlineSnapshot(`
      "[error] SettingsError: <settings>/run.json: has 2 problems
        method.supportSet.capacity  expected at least batchSize (8), received 4. Raise it or lower batchSize.
        learningRate.warmupEpochs   expected at most epochs (8), received 9.
      "
    `);
  }, 60_000);

  test('an existing run, a missing folder, a file that is not settings', async () => {
    expect(await refused('pretrain', writeSettings(settingsOn(images)), '--runs', runs)).toContain('holds a run already. Resume it, or choose another name.');
    expect(await refused('pretrain', writeSettings(settingsOn('/nowhere')), '--runs', join(runs, 'new'))).toContain('/nowhere');
    expect(existsSync(join(runs, 'new'))).toBe(false);
    expect(await refused('pretrain', 'nothing.yaml')).toContain('nothing.yaml: cannot be read (ENOENT). Check the path.');
    expect(await refused('evaluate', images)).toContain('is not the folder of a run: it has no config.json.');
    expect(await refused('evaluate', run, '--probes', 'knn,lineal')).toContain('probes.1  expected one of');
    expect(await refused('evaluate', run, '--on', 'cifar')).toContain('--on cifar: has 1 problem');
    expect(await refused('pretrain', '--recipe', 'simclr')).toContain('is not a recipe. There are');
    expect(await refused('pretrain', '--sett', 'a=1')).toContain('Did you mean --set?');
  }, 120_000);

  test('flags are text, and --resume is of a run that is there', async () => {
    expect(await refused('pretrain', '--resume', join(runs, 'nowhere'))).toContain('<runs>/nowhere: is not there.');
    expect(existsSync(join(runs, 'nowhere'))).toBe(false);
    expect(await refused('pretrain', '--resume', run, '--name', '2024', '--runs', runs)).toContain('Leave out --name, --runs.');
    // not the folder before the #, not an object, not a number
    const file = writeSettings(settingsOn(images));
    expect(await refused('pretrain', file, '--data', `${images} #2`, '--name', '2024', '--runs', join(runs, 'text'))).toContain('<images> #2');
    expect(await refused('pretrain', file, '--data', 'exp: final', '--name', '1e3', '--runs', join(runs, 'text'))).toContain('exp: final');
    expect(await refused('evaluate', run, '--on', '{name: [')).toContain('cannot be parsed');
  }, 120_000);

  test('--init is of weights that fit, before the images are looked for and before a folder is made', async () => {
    const from = (init: string, file = writeSettings(settingsOn(images))): Promise<string> => refused('pretrain', file, '--init', init, '--runs', join(runs, 'never'));
    expect(await from(join(runs, 'nowhere'), writeSettings(settingsOn('/no/images')))).toContain('<runs>/nowhere: is not there. init takes a safetensors file, or the folder of a run.');
    expect(await from(run, writeSettings({ ...settingsOn(images), encoder: { name: 'resnet', depth: 18, stem: 'cifar' } }))).toContain(
      '<runs>/striped: holds encoder.conv1.weight as [4, 1, 3, 3], the encoder of this run has [64, 1, 3, 3].',
    );
    expect(await refused('pretrain', '--resume', run, '--init', run)).toContain('Leave out --init.');
    expect(existsSync(join(runs, 'never'))).toBe(false);
  }, 120_000);

  test('a picture that cannot be read names its file, and leaves no checkpoint', async () => {
    const bad = await stripedImages();
    writeFileSync(join(bad, 'train', 'down', '3.png'), 'not a picture');
    const text = await refused('pretrain', writeSettings({ ...settingsOn(bad), name: 'bad' }), '--runs', runs);
    expect(text).toContain(join('train', 'down', '3.png'));
  }, 60_000);

  test('a truncated checkpoint names its file and how to go on', async () => {
    truncateSync(join(run, 'checkpoints', 'step-48', 'state.safetensors'), 100);
    expect(await refused('evaluate', run, '--set', 'fractions=[1]')).toMatch(/step-48\/state\.safetensors: has 100 bytes, expected \d+\. It was cut short\. Delete .*step-48 to go on from the checkpoint before it\./);
  }, 60_000);
});
