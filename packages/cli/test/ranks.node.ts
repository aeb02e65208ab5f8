import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeSafetensors } from '@kindred/core';
import { readMetrics } from '@kindred/training/node';
import { describe, expect, test } from 'vitest';
import { launchers, runJob, underEach } from '../../distributed/test/launch.js';
import { bundledProgram, kindred, settingsOn, stripedImages, writeSettings } from './support.js';

const data = await stripedImages();
const folder = (): string => mkdtempSync(join(tmpdir(), 'kindred-ranks-'));
const losses = async (run: string): Promise<number[]> => (await readMetrics(run)).map(({ loss }) => loss);
const apart = (a: readonly number[], b: readonly number[]): number => Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));

/** What a checkpoint holds, as bytes by file. */
const checkpoint = (run: string, step: number): Buffer[] =>
  ['model.safetensors', 'state.safetensors'].map((file) => readFileSync(join(run, 'checkpoints', `step-${step}`, file)));

const newest = (run: string): number => Math.max(...readdirSync(join(run, 'checkpoints')).map((name) => Number(name.replace('step-', ''))));

/** The monitor's figures, a list a line. */
const monitored = (run: string): number[][] =>
  readFileSync(join(run, 'monitor.jsonl'), 'utf8').trim().split('\n').map((line) => Object.values((JSON.parse(line) as { values: Record<string, number> }).values));

/** One process's run, with its embeddings and its evaluation: what each launcher's ranks are compared with. */
async function alone(file: string): Promise<{ run: string; embeddings: Float32Array; rows: unknown }> {
  const runs = folder();
  const run = join(runs, 'striped');
  const { code, stderr } = await kindred('pretrain', file, '--runs', runs);
  expect(code, stderr).toBe(0);
  return { run, ...(await measured(run, (...args) => kindred(...args))) };
}

/** What `embed` and `evaluate` make of a run. */
async function measured(run: string, call: (...args: string[]) => Promise<{ code: number | null; stdout: string; stderr: string }>): Promise<{ embeddings: Float32Array; rows: unknown }> {
  const out = join(run, '..', 'embeddings.safetensors');
  const embed = await call('embed', run, '--out', out);
  expect(embed.code, embed.stderr).toBe(0);
  const evaluate = await call('evaluate', run, '--probes', 'knn');
  expect(evaluate.code, evaluate.stderr).toBe(0);
  expect(evaluate.stdout.match(/striped/g), 'only rank 0 speaks').toHaveLength(1);
  const { rows } = JSON.parse(readFileSync(join(run, 'evaluation.json'), 'utf8')) as { rows: unknown };
  return { embeddings: decodeSafetensors(readFileSync(out)).tensors['embeddings']!.values as Float32Array, rows };
}

describe('pretrain on several ranks', { timeout: 600_000 }, () => {
  // small steps, by which rounding grows little
  const file = writeSettings({ ...settingsOn(data), epochs: 2, learningRate: { base: 0.05, scale: 'none', warmupEpochs: 1 } });
  let single: Promise<Awaited<ReturnType<typeof alone>>> | undefined;

  underEach((launcher) => {
    test('four equal one process; stopped by SIGTERM they go on to the same bytes, or two go on, or one; evaluate and embed share the images', async () => {
      const [four, stopped] = [folder(), folder()];
      const call = (ranks: number) => (...args: string[]) => runJob(launcher, { ranks, program: [bundledProgram, ...args], seconds: 120 });
      const expected = await (single ??= alone(file));

      const whole = join(four, 'striped');
      const { code, stderr } = await call(4)('pretrain', file, '--runs', four);
      expect(code, stderr).toBe(0);
      expect(stderr).toContain('4 ranks, ');
      expect(stderr.match(/images of/g), 'only rank 0 speaks').toHaveLength(1);
      const [one, together] = [await losses(expected.run), await losses(whole)];
      expect(together).toHaveLength(one.length);
      // an epoch on the same neighbours; later a look-up may fall to another of two that are as near
      expect(apart(one.slice(0, 6), together)).toBeLessThan(2e-3);
      expect(apart(one, together)).toBeGreaterThan(0); // sums of four parts are rounded otherwise
      expect(readdirSync(whole).sort(), 'the same files, and no others').toEqual(readdirSync(expected.run).filter((name) => name !== 'evaluation.json').sort());
      // before the first step the networks are the same, and so is what the monitor makes of them, a quarter of the images on each rank
      expect(monitored(whole)).toHaveLength(3);
      expect(apart(monitored(whole)[0]!, monitored(expected.run)[0]!)).toBeLessThan(1e-5);

      // 18 images are embedded as 9 and 9
      const { embeddings, rows } = await measured(expected.run, call(2));
      expect(embeddings).toHaveLength(18 * 8);
      expect(apart([...expected.embeddings], [...embeddings])).toBeLessThan(1e-6);
      expect(rows).toEqual(expected.rows);

      // a stop that the launcher passes on to its ranks, in the middle of an epoch; on a busy machine it may come when the run has ended
      const run = join(stopped, 'striped');
      let at = one.length;
      for (let tries = 0; tries < 5 && at === one.length; tries++) {
        rmSync(run, { recursive: true, force: true });
        await runJob(launcher, { ranks: 4, program: [bundledProgram, 'pretrain', file, '--runs', stopped], seconds: 120, onStart: (child) => {
          const watch = setInterval(() => {
            if (!existsSync(join(run, 'metrics.jsonl')) || readFileSync(join(run, 'metrics.jsonl'), 'utf8').split('\n').length < 3) return;
            clearInterval(watch);
            child.kill('SIGTERM');
          }, 5);
        } });
        at = newest(run);
      }
      expect(at).toBeLessThan(one.length);
      expect(await losses(run)).toEqual(together.slice(0, at));

      for (const ranks of [4, 2, 1]) {
        const copy = join(folder(), 'striped');
        cpSync(run, copy, { recursive: true });
        const again = await (ranks === 1 ? kindred('pretrain', '--resume', copy) : call(ranks)('pretrain', '--resume', copy));
        expect(again.code, again.stderr).toBe(0);
        const [bytes, others] = [checkpoint(copy, one.length), checkpoint(whole, one.length)];
        expect(bytes.every((each, i) => each.equals(others[i]!)), `${ranks} ranks`).toBe(ranks === 4);
        expect(apart(await losses(copy), together)).toBeLessThan(0.05);
        expect(await losses(copy)).toHaveLength(one.length);
      }
    });

    test('two start from the same weights as one process, their momentum encoders too', async () => {
      const [runs, from] = [folder(), (await (single ??= alone(file))).run];
      const projection = { layers: [8, 4], batchNorm: 'all' };
      const method = { name: 'moco-v2', temperature: 0.2, projection, momentum: { decay: 0.9, schedule: 'constant' }, queue: { capacity: 32 } };
      const still = { ...settingsOn(data), method, epochs: 1, optimizer: { name: 'sgd', momentum: 0, weightDecay: 0 }, checkpointEvery: 1, monitor: undefined };
      const { code, stderr } = await runJob(launcher, { ranks: 2, program: [bundledProgram, 'pretrain', writeSettings({ ...still, learningRate: { base: 1e-9, scale: 'none', warmupEpochs: 0 } }), '--init', from, '--runs', runs], seconds: 60 });
      expect(code, stderr).toBe(0);
      expect(stderr.match(/starts from/g), 'only rank 0 speaks').toHaveLength(1);
      const filters = (run: string): number[] => [...decodeSafetensors(checkpoint(run, newest(run))[0]!).tensors['encoder.layer2.0.conv2.weight']!.values];
      expect(apart(filters(join(runs, 'striped')), filters(from))).toBeLessThan(1e-6);
    });

    test('ranks with other settings are refused before anything is written', async () => {
      const file = writeSettings({ ...settingsOn(data), epochs: 1 });
      const runs = folder();
      const { code, stderr } = await runJob(launcher, { ranks: 2, program: [new URL('programs/other-settings.ts', import.meta.url).pathname, file, runs], seconds: 60 });
      expect(code).not.toBe(0);
      expect(stderr).toContain('pretrain: rank 1 has batchSize');
      expect(readdirSync(runs)).toEqual([]);
    });
  });

  test.skipIf(launchers.length === 0)('--ranks 2 starts the ranks itself', async () => {
    const runs = folder();
    const { code, stderr } = await kindred('pretrain', writeSettings({ ...settingsOn(data), epochs: 1 }), '--runs', runs, '--ranks', '2');
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('2 ranks, ');
    expect(existsSync(join(runs, 'striped', 'encoder.safetensors'))).toBe(true);
    expect(checkpoint(join(runs, 'striped'), (await losses(join(runs, 'striped'))).length)).toHaveLength(2);
  });
});
