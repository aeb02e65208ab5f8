import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inMemoryDataset } from '@kindred/datasets';
import { describe, expect, test } from 'vitest';
import { buildRun, checkSettings, PretrainSettings, readSettingsFile, recipes, setValues } from '../src/index.js';
import { pretrainJsonSchema } from '../src/settings/json-schema.js';
import { settingsOn } from './support.js';

describe('recipes', () => {
  test.each(Object.entries(recipes))('%s is complete, named as its row, and says where it comes from', (name, { source, settings }) => {
    expect(checkSettings(name, PretrainSettings, settings).name).toBe(name);
    expect(source.length).toBeGreaterThan(10);
  });
});

describe('settings', () => {
  test('the same from YAML, JSON and TypeScript', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kindred-settings-'));
    const write = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const expected = { name: 'a', epochs: 2 };
    expect(await readSettingsFile(write('a.yaml', 'name: a\nepochs: 2 # two\n'))).toEqual(expected);
    expect(await readSettingsFile(write('a.json', JSON.stringify(expected)))).toEqual(expected);
    expect(await readSettingsFile(write('a.ts', "enum E { A = 2 }\nexport default { name: 'a' as string, epochs: E.A };\n"))).toEqual(expected);
    await expect(readSettingsFile(write('b.yaml', 'a: [1'))).rejects.toThrow(/cannot be parsed/);
    await expect(readSettingsFile(write('b.toml', ''))).rejects.toThrow(/Settings are read from/);
  });

  test('--set reaches into objects and lists and reads its values as YAML', () => {
    const set = setValues({ optimizer: { name: 'sgd' }, layers: [1, 2] }, ['optimizer.momentum=0.5', 'layers.1=3', 'x.y=[1, a]', 'z=null']);
    expect(set).toEqual({ optimizer: { name: 'sgd', momentum: 0.5 }, layers: [1, 3], x: { y: [1, 'a'] }, z: null });
    expect(() => setValues({}, ['a'])).toThrowErrorMatchingInlineSnapshot(`
      [SettingsError: --set: has 1 problem
        a  expected path=value, for instance optimizer.weightDecay=1e-4]
    `);
    expect(() => setValues({ a: 1 }, ['a.b=2'])).toThrowErrorMatchingInlineSnapshot(`
      [SettingsError: --set: has 1 problem
        a.b=2  a is 1, nothing can be set in it]
    `);
    for (const [assignment, settings] of [['a=[1', {}], ['a..b=1', {}], ['layers.5=1', { layers: [1] }], ['layers.x=1', { layers: [1] }], ['a=1', 'text'], ['a=1', 3]] as const) {
      expect(() => setValues(settings, [assignment]), assignment).toThrow(/^--set: has 1 problem/);
    }
  });

  test('--set leaves what it is given, functions and prototypes as they are', () => {
    const given = { a: { b: 1 }, f: () => 1 };
    expect(setValues(given, ['a.b=2', 'constructor.x=1'])).toEqual({ a: { b: 2 }, f: given.f, constructor: { x: 1 } });
    expect(given.a.b).toBe(1);
    setValues({}, ['__proto__.polluted=1']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('the JSON Schema in the package is that of the settings: npm run schema', () => {
    const file = new URL('../schema/pretrain.schema.json', import.meta.url);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(JSON.stringify(pretrainJsonSchema())));
  });

  test('settings that contradict one another are told at the fields to change', () => {
    const given = settingsOn('.');
    const wrong = {
      ...given,
      method: { ...(given['method'] as object), variant: 'keras', supportSet: { capacity: 4 } },
      encoder: { ...(given['encoder'] as object), batchNormSplits: 3 },
      learningRate: { base: 1, scale: 'none', warmupEpochs: 9, fixedPredictor: true },
      chunkSize: 5,
    };
    expect(() => checkSettings('run.json', PretrainSettings, wrong)).toThrowErrorMatchingInlineSnapshot(`
      [SettingsError: run.json: has 5 problems
        method.supportSet.capacity  expected at least batchSize (8), received 4. Raise it or lower batchSize.
        method.prediction           expected none: the variant keras has no prediction head.
        encoder.batchNormSplits     expected a divisor of chunkSize (5), received 3.
        chunkSize                   expected a divisor of batchSize (8), received 5.
        learningRate.warmupEpochs   expected at most epochs (8), received 9.]
    `);
    const headless = { ...given, method: { name: 'simclr', temperature: 0.2, projection: { layers: [4], batchNorm: 'none' } }, learningRate: wrong.learningRate, accumulate: true };
    expect(() => checkSettings('run.json', PretrainSettings, headless)).toThrowErrorMatchingInlineSnapshot(`
      [SettingsError: run.json: has 3 problems
        accumulate                   expected chunkSize beside it.
        learningRate.fixedPredictor  expected a method with a prediction head; simclr has none.
        learningRate.warmupEpochs    expected at most epochs (8), received 9.]
    `);
  });

  test('an unknown name is met by one that may stand there, never by itself or by one from elsewhere', () => {
    const given = settingsOn('.');
    const wrong = {
      ...given,
      temperature: 0.1,
      epoch: 3,
      data: { ...(given['data'] as object), size: [12, 12], imageSizes: 1 },
      method: { ...(given['method'] as object), temprature: 1, supportSet: { capacity: 20, size: 3, inital: 'empty' } },
      optimizer: { ...(given['optimizer'] as object), nesterov: true, beta1: 0.9 },
    };
    expect(() => checkSettings('run.json', PretrainSettings, wrong)).toThrowErrorMatchingInlineSnapshot(`
      [SettingsError: run.json: has 9 problems
        data.size                 is not a setting.
        data.imageSizes           is not a setting. Did you mean imageSize?
        method.supportSet.size    is not a setting.
        method.supportSet.inital  is not a setting. Did you mean initial?
        method.temprature         is not a setting. Did you mean temperature?
        optimizer.nesterov        is not a setting.
        optimizer.beta1           is not a setting.
        temperature               is not a setting.
        epoch                     is not a setting. Did you mean epochs?]
    `);
  });

  test('a batch larger than the data is refused with both numbers', () => {
    const settings = checkSettings('test', PretrainSettings, { ...settingsOn('.'), batchSize: 16 });
    const dataset = inMemoryDataset({ name: 'few', images: new Uint8Array(1440), imageShape: [12, 12, 1] });
    expect(() => buildRun(settings, dataset)).toThrowErrorMatchingInlineSnapshot(`
      [SettingsError: striped: has 1 problem
        batchSize  expected at most 10, the images of few, received 16]
    `);
  });
});
