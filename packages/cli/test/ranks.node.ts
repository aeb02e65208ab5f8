import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeSafetensors } from '@kindred/core';
import { readMetrics } from '@kindred/training/node';
import { describe, expect, test } from 'vitest';
import { launchers, runJob, underEach } from '../../distributed/test/launch.js';
import { kindred, settingsOn, stripedImages, writeSettings } from './support.js';

const program = new URL('../src/main.ts', import.meta.url).pathname;
const data = await stripedImages();
const folder = (): string => mkdtempSync(join(tmpdir(), 'kindred-ranks-'));
const losses = async (run: string): Promise<number[]> => (await readMetrics(run)).map(({ loss }) => loss);
const apart = (a: readonly number[], b: readonly number[]): number => Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));

/** What a checkpoint holds, as bytes by file. */
const checkpoint = (run: string, step: number): Buffer[] =>
  ['model.safetensors', 'state.safetensors'].map((file) => readFileSync(join(run, 'checkpoints', `step-${step}`, file)));

describe('pretrain on several ranks', { timeout: 280_000 }, () => {
  underEach((launcher) => {
    test('equals one process; stopped by SIGTERM and resumed on as many ranks it ends in the same bytes; it goes on alone', async () => {
      // small steps, by which rounding grows little
      const file = writeSettings({ ...settingsOn(data), epochs: 4, learningRate: { base: 0.05, scale: 'none', warmupEpochs: 1 } });
      const [one, two, stopped] = [folder(), folder(), folder()];
      const pretrain = (...rest: string[]) => runJob(launcher, { ranks: 2, program: [program, 'pretrain', ...rest], seconds: 120 });

      const single = await kindred('pretrain', file, '--runs', one);
      expect(single.code, single.stderr).toBe(0);
      const { code, stderr } = await pretrain(file, '--runs', two);
      expect(code, stderr).toBe(0);
      expect(stderr).toContain('2 ranks, ');
      expect(stderr.match(/images of/g), 'only rank 0 speaks').toHaveLength(1);
      const [alone, together] = [await losses(join(one, 'striped')), await losses(join(two, 'striped'))];
      expect(together).toHaveLength(alone.length);
      // an epoch on the same neighbours; later a look-up may fall to another of two that are as near
      expect(apart(alone.slice(0, 6), together)).toBeLessThan(2e-3);
      expect(apart(alone, together)).toBeGreaterThan(0); // sums of two parts are rounded otherwise
      const encoder = (runs: string): string[] => Object.keys(decodeSafetensors(readFileSync(join(runs, 'striped', 'encoder.safetensors'))).tensors);
      expect(encoder(two)).toEqual(encoder(one));

      // images are embedded in parts, 18 as 5, 5, 5 and 3, and are what one process makes of them
      const finished = join(two, 'striped');
      const embedded = async (file: string, end: Promise<{ code: number | null; stderr: string }>): Promise<Float32Array> => {
        const { code: ended, stderr: said } = await end;
        expect(ended, said).toBe(0);
        return decodeSafetensors(readFileSync(file)).tensors['embeddings']!.values as Float32Array;
      };
      const files = [join(two, 'alone.safetensors'), join(two, 'together.safetensors')] as const;
      const expected = await embedded(files[0], kindred('embed', finished, '--out', files[0]));
      const parts = await embedded(files[1], runJob(launcher, { ranks: 4, program: [program, 'embed', finished, '--out', files[1]], seconds: 120 }));
      expect(parts).toHaveLength(18 * 8);
      expect(Math.max(...parts.map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThan(1e-6);

      // a stop that the launcher passes on to its ranks, in the middle of an epoch
      const run = join(stopped, 'striped');
      let told = false;
      const ended = runJob(launcher, { ranks: 2, program: [program, 'pretrain', file, '--runs', stopped], seconds: 120, onStart: (child) => {
        const watch = setInterval(() => {
          if (told || !existsSync(join(run, 'metrics.jsonl')) || readFileSync(join(run, 'metrics.jsonl'), 'utf8').split('\n').length < 3) return;
          told = true;
          clearInterval(watch);
          child.kill('SIGTERM');
        }, 5);
      } });
      await ended;
      const steps = readdirSync(join(run, 'checkpoints')).map((name) => Number(name.replace('step-', '')));
      const at = Math.max(...steps);
      expect(at).toBeLessThan(alone.length);
      expect(await losses(run)).toEqual(together.slice(0, at));

      const copy = join(folder(), 'striped');
      cpSync(run, copy, { recursive: true });
      const again = await pretrain('--resume', run);
      expect(again.code, again.stderr).toBe(0);
      checkpoint(run, alone.length).forEach((bytes, i) => expect(bytes.equals(checkpoint(join(two, 'striped'), alone.length)[i]!)).toBe(true));
      const alsoAlone = await kindred('pretrain', '--resume', copy);
      expect(alsoAlone.code, alsoAlone.stderr).toBe(0);
      expect(await losses(copy)).toHaveLength(alone.length);
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
