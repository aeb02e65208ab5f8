import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { networkState } from '@kindred/backbones';
import { type ImageDataset, type NamedTensors, random, under } from '@kindred/core';
import { inMemoryDataset } from '@kindred/datasets';
import { type Checkpoint, pretrain } from '@kindred/training';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildRun, checkSettings, freshEncoder, loadRun, pretrainRun, PretrainSettings, resumeRun } from '../src/index.js';
import { smallMethods } from './method-recipes.js';
import { settingsOn, stripedImages } from './support.js';

const stream = random(5);
const dataset: ImageDataset = inMemoryDataset({
  name: 'noise/train',
  images: Uint8Array.from({ length: 72 * 144 }, () => stream.integer(256)),
  imageShape: [12, 12, 1],
  labels: Int32Array.from({ length: 72 }, (_, i) => i % 10),
});
const sgd = { name: 'sgd', momentum: 0.9, weightDecay: 0.1 };
const settingsOf = (changed: Record<string, unknown>): PretrainSettings =>
  checkSettings('frozen', PretrainSettings, { ...settingsOn('.'), method: smallMethods.simclr.settings, optimizer: sgd, learningRate: { base: 0.1, scale: 'none', warmupEpochs: 0 }, monitor: undefined, batchSize: 36, epochs: 2, ...changed });

/** Trains two epochs of two steps, from the start or from a checkpoint; what the encoder was before, and the checkpoints. */
async function trained(changed: Record<string, unknown>, resumeFrom?: Checkpoint): Promise<{ before: NamedTensors; checkpoints: Checkpoint[]; evaluated: NamedTensors }> {
  const settings = settingsOf(changed);
  const parts = buildRun(settings, dataset);
  const before = networkState(parts.method.encoder);
  const checkpoints: Checkpoint[] = [];
  const { batchSize, epochs, chunkSize } = settings;
  await pretrain({ ...parts, dataset, batchSize, epochs, chunkSize, seed: 1, checkpointEvery: 1, ...(resumeFrom && { resumeFrom }), onCheckpoint: (each) => void checkpoints.push(each) });
  const evaluated = parts.encoderState();
  parts.dispose();
  return { before, checkpoints, evaluated };
}

const isStill = (name: string): boolean => /^(conv1|bn1|layer1)\./.test(name);
const only = (state: NamedTensors, which: (name: string) => boolean): NamedTensors => Object.fromEntries(Object.entries(state).filter(([name]) => which(name)));
const moved = (before: NamedTensors, after: NamedTensors): string[] => Object.keys(before).filter((name) => !Buffer.from(before[name]!.values.buffer).equals(Buffer.from(after[name]!.values.buffer)));

describe('frozen parts', () => {
  const frozen = ['stem', 'stage1'];

  test.each(['simclr', 'byol', 'moco-v2', 'swav', 'deepcluster-v2', 'supervised'] as const)('of %s keep every bit, moving statistics included, while all others move', async (name) => {
    const method = { ...smallMethods[name].settings, ...(name === 'deepcluster-v2' && { clusters: [6, 6] }) };
    const { before, checkpoints } = await trained({ method, frozen });
    const { model, state } = checkpoints.at(-1)!;
    expect(moved(before, under('encoder', model)).sort()).toEqual(Object.keys(before).filter((each) => !isStill(each)).sort());
    // the optimiser has nothing of them; the momentum encoder has the same
    expect(Object.keys(state).filter((each) => each.startsWith('optimizer.') && /encoder\.(conv1|bn1|layer1)\./.test(each))).toEqual([]);
    const target = under('method.momentum.encoder', state);
    if (Object.keys(target).length > 0) expect(only(target, isStill)).toEqual(only(before, isStill));
  }, 60_000);

  test.each([
    ['LARS', { optimizer: { name: 'lars', momentum: 0.9, weightDecay: 0.1, trustCoefficient: 0.1, form: 'sum', learningRatePlacement: 'inside', clip: false } }],
    ['AdamW and gradients clipped by their length', { optimizer: { name: 'adamw', weightDecay: 0.1 }, gradients: { clipNorm: 0.1 } }],
    ['three chunks a step, whose mean would round', { chunkSize: 12 }],
    ['an average of the weights', { averageWeights: { decay: 0.9 } }],
  ])('keep every bit with %s', async (_, changed) => {
    const { before, checkpoints, evaluated } = await trained({ ...changed, frozen });
    for (const after of [under('encoder', checkpoints.at(-1)!.model), evaluated]) {
      expect(moved(before, after).sort()).toEqual(Object.keys(before).filter((each) => !isStill(each)).sort());
    }
  });

  test('may be the whole encoder: only the head learns', async () => {
    const { before, checkpoints } = await trained({ frozen: ['encoder'] });
    const [first, last] = [checkpoints[0]!, checkpoints.at(-1)!];
    expect(moved(before, under('encoder', last.model))).toEqual([]);
    expect(moved(under('projector', first.model), under('projector', last.model))).toContain('0.weight');
  });

  test('a run that goes on ends in the same bits', async () => {
    const whole = await trained({ method: smallMethods.byol.settings, frozen });
    const resumed = await trained({ method: smallMethods.byol.settings, frozen }, whole.checkpoints[1]);
    expect(resumed.checkpoints.at(-1)).toEqual(whole.checkpoints.at(-1));
  });

  test('have unknown names refused, with those that there are', () => {
    expect(() => settingsOf({ frozen: ['stem', 'layer1', 'projector'] })).toThrowErrorMatchingInlineSnapshot(`
      [SettingsError: frozen: has 2 problems
        frozen.1  expected one of stem, stage1, stage2, encoder, received "layer1".
        frozen.2  expected one of stem, stage1, stage2, encoder, received "projector".]
    `);
    expect(() => settingsOf({ frozen: [], encoder: { name: 'resnet', depth: 18, stem: 'cifar' } })).toThrow('frozen  expected array to have >=1 items');
    expect(() => settingsOf({ frozen: ['stage5'], encoder: { name: 'resnet', depth: 18, stem: 'cifar' } })).toThrow('expected one of stem, stage1, stage2, stage3, stage4, encoder, received "stage5"');
  });
});

describe('in a run folder', () => {
  let [images, root] = ['', ''];
  beforeAll(async () => {
    images = await stripedImages();
    root = mkdtempSync(join(tmpdir(), 'kindred-frozen-'));
  });
  afterAll(() => [images, root].forEach((folder) => rmSync(folder, { recursive: true })));
  const settings = (changed: Record<string, unknown>): PretrainSettings => checkSettings('test', PretrainSettings, { ...settingsOn(images), monitor: undefined, epochs: 1, ...changed });

  test('a frozen part is of the training: the encoder that is loaded can be trained whole; random weights that stay are worth a word', async () => {
    const warnings: string[] = [];
    const { path } = await pretrainRun(settings({ name: 'still', frozen: ['stem'] }), { root, onWarning: (text) => warnings.push(text) });
    expect(warnings).toEqual(['stem of the encoder stay as they were drawn at random: frozen is set, and init is not.']);
    const { encoder } = await loadRun(path, dataset);
    expect(Object.keys(encoder.parameters())).toContain('conv1');
    const fresh = networkState(freshEncoder(settings({}), { channels: 1 }));
    expect(moved(fresh, networkState(encoder)).filter((name) => /^(conv1|bn1)\./.test(name))).toEqual([]);
    await expect(resumeRun(path, { set: ['epochs=2', 'frozen=null'] })).rejects.toThrow('frozen  cannot change on the way');
  });

  test('rates of parts may change on the way, which parts have one may not, and a refusal leaves the run as it was', async () => {
    const { path } = await pretrainRun(settings({ name: 'rates', learningRate: { base: 1, scale: 'none', warmupEpochs: 0, parts: { encoder: 0.1 } } }), { root });
    const config = (): string => readFileSync(join(path, 'config.json'), 'utf8');
    const before = config();
    for (const set of ['learningRate.parts.projector=2', 'learningRate.parts=null', 'learningRate.biasAndNorm=0.5']) {
      await expect(resumeRun(path, { set: ['epochs=2', set] })).rejects.toThrow(/learningRate/);
      expect(config()).toBe(before);
    }
    await expect(resumeRun(path, { set: ['epochs=2', 'learningRate.biasAndNorm=0.5'] })).rejects.toThrow('encoder then, encoder-bias-and-norm, encoder, bias-and-norm now');
    expect(await resumeRun(path, { set: ['epochs=2', 'learningRate.parts.encoder=0.2'] })).toMatchObject({ step: 12, finished: true });
  });
});
