import { readFileSync } from 'node:fs';
import { flattenParameters, type ImageDataset } from '@kindred/core';
import { inMemoryDataset } from '@kindred/datasets';
import { describe, expect, test } from 'vitest';
import { buildRun, checkSettings, PretrainSettings } from '../src/index.js';
import { smallMethods } from './method-recipes.js';
import { settingsOn } from './support.js';

const text = readFileSync(new URL('../../../docs/methods.md', import.meta.url), 'utf8');
const rows = new Map(
  [...text.matchAll(/^\| `([\w-]+)` \|(.+)\|$/gm)].map(([, name, cells]) => [name!, cells!.split('|').map((cell) => cell.trim())]),
);
const dataset: ImageDataset = inMemoryDataset({ name: 'few', images: new Uint8Array(64 * 144), imageShape: [12, 12, 1], labels: Int32Array.from({ length: 64 }, (_, i) => i % 4) });

/** The state that a method really has, in the table's words. */
function stateOf(name: keyof typeof smallMethods): string {
  const settings = checkSettings(name, PretrainSettings, { ...settingsOn('.'), method: smallMethods[name].settings });
  const { method } = buildRun(settings, dataset);
  const names = Object.keys(method.state());
  const learned = Object.keys(flattenParameters(method.parameters()));
  const parts = [
    names.some((key) => key.startsWith('momentum.')) && 'momentum encoder',
    names.some((key) => /^strategy\.(\w+\.)*queue\./.test(key)) && 'queue',
    names.some((key) => /^strategy\.(\w+\.)*support\./.test(key)) && 'support set',
    learned.some((key) => key.startsWith('strategy.')) && 'prototypes',
    names.some((key) => key.startsWith('strategy.bank')) && 'memory bank',
    names.some((key) => key.endsWith('.centroids')) && 'centroids',
  ].filter(Boolean);
  return parts.length === 0 ? 'none' : parts.join(', ');
}

describe('docs/methods.md', () => {
  test('has a row for every method of the settings, and no other', () => {
    expect([...rows.keys()].sort()).toEqual(Object.keys(smallMethods).sort());
  });

  test.each(Object.keys(smallMethods) as (keyof typeof smallMethods)[])('states what %s remembers', (name) => {
    expect(rows.get(name)![4]).toBe(stateOf(name));
  });

  test('a method that looks at neighbours says so in its anchor or positive', () => {
    for (const [name, [anchor, positive]] of rows) expect(`${anchor} ${positive}`.includes('NN('), name).toBe(stateOf(name as keyof typeof smallMethods).includes('support set'));
  });
});
