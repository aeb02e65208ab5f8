import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportTorch, networkState, resnet, smallResNet } from '@kindred/backbones';
import { decodeSafetensors, encodeSafetensors, type ImageDataset, inputMetadata, KindredError, type NamedTensors, random, under } from '@kindred/core';
import { inMemoryDataset } from '@kindred/datasets';
import { readCheckpoint } from '@kindred/training/node';
import { memory } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildRun, checkSettings, completeRun, type InitReport, loadRun, pretrainRun, PretrainSettings, readInit, resumeRun, type StartFacts } from '../src/index.js';
import { smallMethods } from './method-recipes.js';
import { settingsOn, stripedImages } from './support.js';

const folder = mkdtempSync(join(tmpdir(), 'kindred-init-'));
const root = join(folder, 'runs');
let images: string;
beforeAll(async () => {
  images = await stripedImages();
});
afterAll(() => [folder, images].forEach((path) => rmSync(path, { recursive: true })));

const width = { widthMultiplier: 1 / 16 } as const;
const resnet18 = { name: 'resnet', depth: 18, stem: 'imagenet', ...width };

/** The values of a ResNet as torchvision has them; all drawn, the moving statistics too. */
function torchvision(depth: 18 | 34 | 50, stem: 'imagenet' | 'cifar' = 'imagenet', channels = 1): NamedTensors {
  const stream = random(depth);
  const drawn = Object.entries(exportTorch(networkState(resnet({ depth, stem, channels, ...width, random: stream })))).map(([name, { shape, values }]) =>
    [name, { shape, values: Float32Array.from(values, () => 0.1 + stream.uniform()) }] as const);
  const one = { shape: [1], values: Int32Array.of(7) };
  return { ...Object.fromEntries(drawn), 'bn1.num_batches_tracked': one, 'fc.weight': { shape: [2, 32], values: new Float32Array(64) }, 'fc.bias': { shape: [2], values: new Float32Array(2) } };
}

const behind = (prefix: string, tensors: NamedTensors): NamedTensors => Object.fromEntries(Object.entries(tensors).map(([name, value]) => [prefix + name, value]));
const encoderOf = (tensors: NamedTensors): NamedTensors => Object.fromEntries(Object.entries(tensors).filter(([name]) => !/^fc\.|num_batches_tracked$/.test(name)));

function written(name: string, tensors: NamedTensors | Uint8Array | string, metadata: Readonly<Record<string, string>> = {}): string {
  const file = join(folder, name);
  writeFileSync(file, typeof tensors === 'string' || tensors instanceof Uint8Array ? tensors : encodeSafetensors(tensors, metadata));
  return file;
}

const settings = (changed: Record<string, unknown> = {}): PretrainSettings => checkSettings('test', PretrainSettings, { ...settingsOn(images), monitor: undefined, epochs: 2, ...changed });
const dataset: ImageDataset = inMemoryDataset({ name: 'grey', images: new Uint8Array(16 * 144), imageShape: [12, 12, 1], labels: new Int32Array(16) });
const message = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'accepted',
    (error: unknown) => {
      if (!KindredError.is(error)) throw error;
      return `${error.name}: ${error.message}`.replaceAll(folder, '<folder>');
    },
  );

/** What a run would start from. */
async function started(init: string, changed: Record<string, unknown> = {}): Promise<{ report: InitReport; encoder: NamedTensors; momentum: NamedTensors; average: NamedTensors }> {
  const run = buildRun(settings({ init, encoder: resnet18, ...changed }), dataset, { init: await readInit(init) });
  const result = { report: run.init!, encoder: networkState(run.method.encoder), momentum: under('momentum.encoder', run.method.state()), average: run.encoderState() };
  run.dispose();
  return result;
}

describe('an encoder starts from', () => {
  test.each(['', 'module.', 'module.encoder_q.', 'backbone.', 'encoder.', 'model.', 'state_dict.net.'])("torchvision's values behind '%s', bit for bit; the classifier is left out", async (prefix) => {
    const file = torchvision(18);
    const { report, encoder } = await started(written('prefix.safetensors', behind(prefix, file)));
    expect(exportTorch(encoder)).toEqual(encoderOf(file));
    expect(report).toMatchObject({ prefix, leftOut: [`${prefix}fc.weight`, `${prefix}fc.bias`], missing: [], weights: expect.stringMatching(/^[0-9a-f]{16}$/) });
    expect([...report.taken].sort()).toEqual(Object.keys(encoderOf(file)).sort());
  });

  test('the trained one of two encoders in a file, or the one that fits', async () => {
    const [one, other] = [torchvision(18), torchvision(34)];
    const moco = await started(written('moco.safetensors', { ...behind('module.encoder_k.', torchvision(18, 'cifar')), ...behind('module.encoder_q.', one) }));
    expect(moco.report.prefix).toBe('module.encoder_q.');
    const student = await started(written('distilled.safetensors', { ...behind('student.', one), ...behind('teacher.', other) }), { encoder: { ...resnet18, depth: 34 } });
    expect(student.report.prefix).toBe('teacher.');
    expect(exportTorch(student.encoder)).toEqual(encoderOf(other));
  });

  test('them with a momentum encoder and an average that start as copies, moving statistics included', async () => {
    const file = torchvision(18);
    const { encoder, momentum, average } = await started(written('slow.safetensors', file), { method: smallMethods['moco-v2'].settings, averageWeights: { decay: 0.99 } });
    expect(exportTorch(encoder)).toEqual(encoderOf(file));
    expect(momentum).toEqual(encoder);
    expect(average).toEqual(encoder);
  });

  test('what the file has; tensors that it lacks start as in a new encoder, and are told', async () => {
    const { 'bn1.running_mean': _, 'layer1.0.bn1.bias': __, ...file } = torchvision(18);
    const { report, encoder } = await started(written('lacking.safetensors', file));
    expect([...report.missing].sort()).toEqual(['bn1.running_mean', 'layer1.0.bn1.bias']);
    expect(encoder['bn1.running_mean']!.values).toEqual(new Float32Array(4));
    expect(encoder['bn1.running_var']!.values).toEqual(file['bn1.running_var']!.values);
  });
});

describe('a run that starts from weights', () => {
  /** The first update has rate 0: what a run has after one step are the weights that it started from. */
  const still = { optimizer: { name: 'sgd', momentum: 0, weightDecay: 0 } };

  async function oneStep(name: string, init: string, changed: Record<string, unknown> = {}): Promise<{ path: string; facts: StartFacts; warnings: string[]; encoder: NamedTensors }> {
    const controller = new AbortController();
    const warnings: string[] = [];
    let facts: StartFacts | undefined;
    const { path } = await pretrainRun(settings({ name, init, ...still, ...changed }), { root, signal: controller.signal, onStart: (told) => (facts = told), onStep: () => controller.abort(), onWarning: (text) => warnings.push(text) });
    const { model } = await readCheckpoint(join(path, 'checkpoints', 'step-1'));
    return { path, facts: facts!, warnings, encoder: under('encoder', model) };
  }
  const trained = (state: NamedTensors): NamedTensors => Object.fromEntries(Object.entries(state).filter(([name]) => !name.includes('running_')));

  test("tells what was taken before its first step, and keeps it in init.json; a person hears of what is missing and of another normalisation", async () => {
    const { 'bn1.bias': _, ...file } = torchvision(18);
    const input = { size: [12, 12], channels: 1, mean: [0.45], deviation: [0.23], interpolation: 'bilinear', fit: 'cover', cropShare: 1 } as const;
    const init = written('told.safetensors', file, inputMetadata(input));
    const { path, facts, warnings, encoder } = await oneStep('told', init, { encoder: resnet18 });
    expect(facts).toMatchObject({ done: 0, init: { from: init, leftOut: ['fc.weight', 'fc.bias'], missing: ['bn1.bias'] } });
    expect(JSON.parse(readFileSync(join(path, 'init.json'), 'utf8'))).toEqual(facts.init);
    expect(warnings.map((text) => text.replace(folder, '<folder>'))).toEqual([
      '<folder>/told.safetensors lacks bn1.bias: there the encoder starts as a new one does.',
      'The weights of <folder>/told.safetensors expect images that are normalised by mean [0.45] and deviation [0.23]; those of this run are not normalised. Set normalize in views.',
    ]);
    const { 'bn1.bias': __, ...rest } = exportTorch(trained(encoder));
    expect(rest).toEqual(trained(encoderOf(file)));
  });

  test("starts from another run's last encoder, its best, or the file of either", async () => {
    const { path: before } = await pretrainRun(checkSettings('test', PretrainSettings, { ...settingsOn(images), name: 'before', epochs: 2 }), { root });
    const last = networkState((await loadRun(before, dataset)).encoder);
    const decoded = (file: string): NamedTensors => decodeSafetensors(readFileSync(join(before, file))).tensors;
    const fromRun = await oneStep('from-run', before);
    expect(trained(fromRun.encoder)).toEqual(trained(last));
    expect(fromRun.facts.init).toMatchObject({ from: before, step: 12, prefix: 'encoder.', missing: [] });
    expect(fromRun.facts.init!.leftOut).toContain('projector.0.weight');
    expect(trained((await oneStep('from-file', join(before, 'encoder.safetensors'))).encoder)).toEqual(trained(last));
    expect(exportTorch(trained((await oneStep('from-best', join(before, 'best.safetensors'))).encoder))).toEqual(trained(decoded('best.safetensors')));
  });

  test('of a run with averaged weights it takes the average', async () => {
    const { path: before } = await pretrainRun(settings({ name: 'averaged', averageWeights: { decay: 0.9 } }), { root });
    const { encoder } = await oneStep('from-average', before);
    expect(exportTorch(trained(encoder))).toEqual(trained(decodeSafetensors(readFileSync(join(before, 'encoder.safetensors'))).tensors));
  });

  test('goes on from its checkpoint without them, to the bytes of one that was not stopped', async () => {
    const encoder = networkState(smallResNet({ stem: { channels: 4, kernel: 3 }, widths: [4, 8], blocks: [1, 1], channels: 1, random: random(9) }));
    const init = written('gone.safetensors', exportTorch(encoder));
    const of = (name: string): PretrainSettings => settings({ name, init });
    const { path: whole } = await pretrainRun(of('whole'), { root });
    const controller = new AbortController();
    const { path: stopped } = await pretrainRun(of('stopped'), { root, signal: controller.signal, onStep: ({ step }) => step === 5 && controller.abort() });
    renameSync(init, `${init}.away`);
    let facts: StartFacts | undefined;
    await resumeRun(stopped, { onStart: (told) => (facts = told) });
    expect(facts).toEqual({ steps: 12, done: 5, batchSize: 8 });
    const bytes = (path: string): Buffer => readFileSync(join(path, 'checkpoints', 'step-12', 'model.safetensors'));
    expect(bytes(stopped).equals(bytes(whole))).toBe(true);
    expect(existsSync(join(stopped, 'init.json'))).toBe(true);
    // killed before its first checkpoint, it starts over, and from the same weights
    const young = join(root, 'young');
    cpSync(stopped, young, { recursive: true });
    ['checkpoints', 'metrics.jsonl', 'encoder.safetensors'].forEach((name) => rmSync(join(young, name), { recursive: true }));
    expect(await message(resumeRun(young))).toBe('DataError: <folder>/gone.safetensors: is not there. init takes a safetensors file, or the folder of a run.');
    renameSync(`${init}.away`, init);
    await resumeRun(young);
    expect(bytes(young).equals(bytes(whole))).toBe(true);
  });

  test('is another run than one that starts from others', async () => {
    const init = written('mine.safetensors', torchvision(18));
    const of = (changed: object): PretrainSettings => settings({ name: 'compared', encoder: resnet18, epochs: 1, ...changed });
    const { path } = await pretrainRun(of({ init }), { root });
    expect(await message(completeRun(of({}), { root }))).toContain('is of a run with other settings (init "');
    expect(await message(resumeRun(path, { set: ['init=other.safetensors'] }))).toContain('init  cannot change on the way');
  });

  test('must be given its weights when it is built from parts', () => {
    expect(() => buildRun(settings({ init: 'resnet18.safetensors', encoder: resnet18 }), dataset)).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: buildRun.init: received undefined, expected the weights of resnet18.safetensors, which the settings start from. Pass await readInit(settings.init).]`);
  });
});

describe('before a folder is made, and without a tensor left behind,', () => {
  const refused = async (init: string, changed: Record<string, unknown> = {}): Promise<string> => {
    const before = memory().numTensors;
    const said = await message(pretrainRun(settings({ name: 'refused', init, encoder: resnet18, ...changed }), { root }));
    expect(existsSync(join(root, 'refused'))).toBe(false);
    expect(memory().numTensors).toBe(before);
    return said;
  };

  test('files that are no weights are refused', async () => {
    expect(await refused(join(folder, 'nowhere.safetensors'))).toMatchInlineSnapshot(`"DataError: <folder>/nowhere.safetensors: is not there. init takes a safetensors file, or the folder of a run."`);
    expect(await refused(written('notes.txt', 'no weights, only words'))).toMatchInlineSnapshot(`"DataError: <folder>/notes.txt: is not a whole safetensors file: its header should have 7523097587056931000 bytes, the file has 22. It may be cut short. Copy or write it again."`);
    expect(await refused(written('resnet18.pth', Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0, 0, 0, 0, 0)))).toMatchInlineSnapshot(`"DataError: <folder>/resnet18.pth: is a pickle of PyTorch, not safetensors. Convert it in Python: safetensors.torch.save_file(torch.load('weights.pth', weights_only=True), 'weights.safetensors')."`);
    expect(await refused(written('cut.safetensors', encodeSafetensors(torchvision(18)).subarray(0, 9000)))).toMatchInlineSnapshot(`"DataError: <folder>/cut.safetensors: is not a whole safetensors file: conv1.weight ends at byte 9448, the file has 9000. It may be cut short. Copy or write it again."`);
    expect(await refused(written('vit.safetensors', { 'cls_token': { shape: [1], values: new Float32Array(1) }, 'blocks.0.norm1.weight': { shape: [1], values: new Float32Array(1) } }))).toMatchInlineSnapshot(`"DataError: <folder>/vit.safetensors: holds no ResNet under torchvision's names: no conv1.weight, but cls_token, blocks.0.norm1.weight. Give a ResNet of torchvision or timm, or the folder of a run."`);
    const file = torchvision(18);
    expect(await refused(written('nan.safetensors', { ...file, 'bn1.weight': { shape: [4], values: Float32Array.of(1, 2, NaN, 4) } }))).toMatchInlineSnapshot(`"DataError: <folder>/nan.safetensors: holds values in bn1.weight that are not finite. Take weights from before the training diverged."`);
  });

  test('weights of another network are refused, with a tensor and both shapes, or a block', async () => {
    expect(await refused(written('50.safetensors', behind('module.', torchvision(50))))).toMatchInlineSnapshot(`"DataError: <folder>/50.safetensors: holds module.layer1.0.conv1.weight as [4, 4, 1, 1], the encoder of this run has [4, 4, 3, 3]. It is a ResNet of depth 50, stem imagenet, widthMultiplier 0.0625, images of 1 channel: set encoder and data so."`);
    expect(await refused(written('stem.safetensors', torchvision(18, 'cifar')))).toMatchInlineSnapshot(`"DataError: <folder>/stem.safetensors: holds conv1.weight as [4, 1, 3, 3], the encoder of this run has [4, 1, 7, 7]. It is a ResNet of depth 18, stem cifar, widthMultiplier 0.0625, images of 1 channel: set encoder and data so."`);
    expect(await refused(written('colour.safetensors', torchvision(18, 'imagenet', 3)))).toMatchInlineSnapshot(`"DataError: <folder>/colour.safetensors: holds conv1.weight as [4, 3, 7, 7], the encoder of this run has [4, 1, 7, 7]. It is a ResNet of depth 18, stem imagenet, widthMultiplier 0.0625, images of 3 channels: set encoder and data so."`);
    expect(await refused(written('34.safetensors', torchvision(34)))).toMatchInlineSnapshot(`"DataError: <folder>/34.safetensors: holds layer1.2.conv1.weight, which the encoder of this run has no place for. It is a ResNet of depth 34, stem imagenet, widthMultiplier 0.0625, images of 1 channel: set encoder and data so."`);
    expect(await refused(written('18.safetensors', torchvision(18)), { encoder: { ...resnet18, depth: 34 } })).toMatchInlineSnapshot(`"DataError: <folder>/18.safetensors: has nothing for layer1.2 of the encoder of this run. It is a ResNet of depth 18, stem imagenet, widthMultiplier 0.0625, images of 1 channel: set encoder and data so."`);
    const squeezed = { ...torchvision(18), 'layer1.0.se.fc1.weight': { shape: [1], values: new Float32Array(1) } };
    expect(await refused(written('se.safetensors', squeezed))).toMatchInlineSnapshot(`"DataError: <folder>/se.safetensors: holds layer1.0.se.fc1.weight, which the encoder of this run has no place for. It is another kind of ResNet than torchvision's, or not in PyTorch's layouts."`);
    const { 'layer1.0.conv1.weight': filter, ...others } = torchvision(18);
    expect(await refused(written('turned.safetensors', { ...others, 'layer1.0.conv1.weight': { shape: [3, 3, 4, 4], values: filter!.values } }))).toMatchInlineSnapshot(`"DataError: <folder>/turned.safetensors: holds layer1.0.conv1.weight as [3, 3, 4, 4], the encoder of this run has [4, 4, 3, 3]. It is another kind of ResNet than torchvision's, or not in PyTorch's layouts."`);
  });

  test('folders that are no runs, runs without a checkpoint, and files inside of one are refused', async () => {
    expect(await refused(images)).toMatch(/^DataError: .*: is not the folder of a run: it has no config\.json\. Give the folder that pretrain made\.$/);
    const { path } = await pretrainRun(settings({ name: 'source', epochs: 1 }), { root });
    const young = join(root, 'source-young');
    cpSync(path, young, { recursive: true });
    rmSync(join(young, 'checkpoints'), { recursive: true });
    expect(await refused(young)).toMatchInlineSnapshot(`"DataError: <folder>/runs/source-young/checkpoints: holds no checkpoint. Resume the run until its first checkpoint."`);
    expect(await refused(join(path, 'checkpoints', 'step-6', 'model.safetensors'))).toMatchInlineSnapshot(`"DataError: <folder>/runs/source/checkpoints/step-6/model.safetensors: is a file of a run's checkpoint. Give the folder of the run: <folder>/runs/source."`);
    expect(await refused(path)).toMatchInlineSnapshot(`"DataError: <folder>/runs/source: holds encoder.conv1.weight as [4, 1, 3, 3], the encoder of this run has [4, 1, 7, 7]. Set encoder to that of the weights."`);
    const broken = join(root, 'source-broken');
    cpSync(path, broken, { recursive: true });
    writeFileSync(join(broken, 'checkpoints', 'step-6', 'model.safetensors'), 'no');
    expect(await refused(broken)).toContain('step-6/model.safetensors: has 2 bytes');
    mkdirSync(join(root, 'empty'));
    expect(await refused(join(root, 'empty'))).toContain('is not the folder of a run');
    expect(readdirSync(root)).not.toContain('refused');
  });
});
