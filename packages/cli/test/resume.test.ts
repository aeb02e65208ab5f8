import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { random } from '@kindred/core';
import { readMetrics } from '@kindred/training/node';
import { expect, test } from 'vitest';
import { ended, kindred, settingsOn, start, stripedImages, writeSettings } from './support.js';

/** Lines of the metrics so far. */
const stepsOf = (run: string): number => {
  const file = join(run, 'metrics.jsonl');
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0;
};

test('a run killed with SIGKILL at arbitrary steps and resumed ends with the same bytes as one that was never stopped', { timeout: 240_000 }, async () => {
  const settings = writeSettings(settingsOn(await stripedImages()));
  const runs = mkdtempSync(join(tmpdir(), 'kindred-runs-'));
  const [whole, killed] = [join(runs, 'whole'), join(runs, 'killed')];
  expect((await kindred('pretrain', settings, '--runs', whole)).code).toBe(0);

  const run = join(killed, 'striped');
  const stream = random(2026);
  let kills = 0;
  for (const target of [3, 10, 25]) {
    const child = existsSync(join(run, 'config.json')) ? start('pretrain', '--resume', run) : start('pretrain', settings, '--runs', killed);
    const end = ended(child);
    while (stepsOf(run) < target && child.exitCode === null) await wait(2);
    await wait(stream.uniform(0, 15));
    if (child.kill('SIGKILL')) kills++;
    expect((await end).code).not.toBe(0);
  }
  expect(kills).toBe(3);
  expect(stepsOf(run)).toBeLessThan(48);

  const last = await kindred('pretrain', '--resume', run);
  expect(last.code, last.stderr).toBe(0);
  const same = ['checkpoints/step-48/model.safetensors', 'checkpoints/step-48/state.safetensors', 'encoder.safetensors', 'best.safetensors', 'monitor.jsonl', 'neighbors.jsonl'];
  for (const file of same) {
    expect(readFileSync(join(run, file)).equals(readFileSync(join(whole, 'striped', file))), file).toBe(true);
  }
  const losses = async (path: string): Promise<number[]> => (await readMetrics(path)).map(({ loss }) => loss);
  expect(await losses(run)).toEqual(await losses(join(whole, 'striped')));
});

test('Ctrl-C ends a run after its step with a checkpoint and exit code 130', { timeout: 120_000 }, async () => {
  const settings = writeSettings({ ...settingsOn(await stripedImages()), epochs: 400 });
  const runs = mkdtempSync(join(tmpdir(), 'kindred-runs-'));
  const child = start('pretrain', settings, '--runs', runs);
  const end = ended(child);
  const run = join(runs, 'striped');
  while (stepsOf(run) < 5 && child.exitCode === null) await wait(5);
  child.kill('SIGINT');
  const { code, stderr } = await end;
  expect(code, stderr).toBe(130);
  expect(stderr).toContain('kindred pretrain --resume');
  const steps = stepsOf(run);
  expect(existsSync(join(run, 'checkpoints', `step-${steps}`, 'state.json'))).toBe(true);
});
