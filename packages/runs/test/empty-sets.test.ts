import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readMetrics } from '@kindred/training/node';
import { beforeAll, expect, test } from 'vitest';
import { checkSettings, pretrainRun, PretrainSettings } from '../src/index.js';
import { settingsOn, stripedImages } from './support.js';

let root: string;
beforeAll(async () => void (root = await stripedImages()));

const heads = { projection: { layers: [8, 4], batchNorm: 'all' }, prediction: { hidden: 8 } };
const momentum = { decay: 0.9, schedule: 'constant' };
const methods = {
  nnclr: { name: 'nnclr', temperature: 0.2, ...heads, supportSet: { capacity: 20, initial: 'empty' } },
  nnsiam: { name: 'nnsiam', ...heads, supportSet: { capacity: 20, initial: 'empty' } },
  'moco-v2': { name: 'moco-v2', temperature: 0.2, projection: heads.projection, momentum, queue: { capacity: 40, initial: 'empty' } },
  'nn-moco': { name: 'nn-moco', temperature: 0.2, projection: heads.projection, momentum, queue: { capacity: 40, initial: 'empty' }, supportSet: { capacity: 20, initial: 'empty' } },
  triplet: { name: 'triplet', margin: 0.2, distance: 'cosine', mining: 'all', projection: heads.projection, hardNegatives: { capacity: 20, initial: 'empty', k: 2 } },
};

test.each(Object.entries(methods))('%s trains with sets that start empty: the other view until they are full', async (name, method) => {
  const settings = checkSettings(name, PretrainSettings, { ...settingsOn(root), name, method, epochs: 1, monitor: undefined });
  const { path, step, finished } = await pretrainRun(settings, { root: mkdtempSync(join(tmpdir(), 'kindred-runs-')) });
  expect([step, finished]).toEqual([6, true]);
  const metrics = await readMetrics(path);
  // 20 rows are there after the third batch of 8
  if ('supportSet' in method) expect(metrics.map(({ diagnostics }) => diagnostics['stepsWithoutNeighbors'])).toEqual([1, 2, 3, 3, 3, 3]);
});
