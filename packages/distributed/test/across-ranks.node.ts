import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, test } from 'vitest';
import { launchers, nodeArguments, runJob, underEach } from './launch.js';

const methods = ['nnclr', 'simclr', 'moco-v2', 'swav', 'deepcluster-v2', 'byol'];
const mistakes = ['nnclr:local', 'simclr:naive'];
const reference = join(mkdtempSync(join(tmpdir(), 'kindred-across-ranks-')), 'reference.safetensors');

type Place = { readonly value: number; readonly at: string };
interface Results {
  readonly collectives: unknown;
  readonly agreeing: unknown;
  readonly normalizing: { readonly results: Record<string, number>; readonly control: number; readonly left: number };
  readonly equality: Record<string, Record<'losses' | 'weights' | 'state', Place> & { readonly same: boolean; readonly steps: number }>;
  readonly afterwards: string;
}

describe.skipIf(launchers.length === 0)('what one process makes of the joint batch', () => {
  beforeAll(async () => {
    const child = spawn(process.execPath, [...(await nodeArguments('reference.ts')), reference, ...methods], { stdio: ['ignore', 'ignore', 'pipe'] });
    const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'close') as Promise<[number]>]);
    expect(code, said).toBe(0);
  }, 60_000);

  underEach((launcher) => {
    // one job for all of them, since most of a job's time is its start
    describe.each([2, 4])('%i ranks', (ranks) => {
      let results: Results;
      beforeAll(async () => {
        const equality = ['equality', [reference, ...methods, ...(ranks === 2 ? mistakes : [])].join()].join('=');
        const { code, stdout, stderr } = await runJob(launcher, { ranks, program: ['together.ts', 'collectives', 'agreeing', 'normalizing', equality], seconds: 170 });
        expect(stderr).toBe('');
        expect(code).toBe(0);
        results = JSON.parse(stdout) as Results;
      }, 180_000);

      test('every call equals loops over what the ranks hold', () => {
        expect(results.collectives).toEqual({ size: ranks, library: expect.stringContaining(launcher.name) as unknown, family: expect.anything() as unknown });
        expect(results.afterwards).toBe('StateError: mpi.barrier: the job is over for this rank. Call finalize last.');
      });

      test('ranks that hold other facts are refused, all of them by the same message', () => {
        const last = ranks - 1;
        expect(results.agreeing).toEqual({
          refusals: [
            `test: rank ${last} has data cifar-10, 49,999 samples, rank 0 has data cifar-10. Start all ranks with the same program, settings and data.`,
            'test: rank 1 has steps 11, rank 0 has steps 10. Start all ranks with the same program, settings and data.',
            `test: rank ${last} has shapes 3×3, rank 0 has nothing more. Start all ranks with the same program, settings and data.`,
          ],
          same: [true, false, false],
          everywhere: true,
        });
      });

      test('batch normalisation is that of one process on all rows, with its gradients', () => {
        const { results: differences, control, left } = results.normalizing;
        // float32; one channel is 10 ± 0.1, so its deviations have only five digits
        for (const [what, difference] of Object.entries(differences)) expect(difference, what).toBeLessThan(1e-4);
        expect(Object.keys(differences)).toHaveLength(2 * 3 * 3 + 1);
        expect(control).toBeGreaterThan(0.05); // with each rank's own statistics it is another network
        expect(left).toBe((2 * (2 * 3 * 3) + 2 + 2) * 4); // the layers' own variables
      });

      test.each(methods)('eight steps of %s are those of one process', (method) => {
        const { losses, weights, state, same, steps } = results.equality[method]!;
        expect(steps).toBe(8);
        // the worst of all methods, ranks and libraries was 6.0e-6 of a tensor's largest weight, 1.4e-5 in a memory and 1.2e-6 in a loss. Smooth networks: with ReLU
        // a rounding that moves a unit across 0 is 1e-4 and more (`rounded` in programs/equality.ts)
        expect(weights.value, weights.at).toBeLessThan(1.5e-5);
        expect(state.value, state.at).toBeLessThan(3e-5);
        expect(losses.value).toBeLessThan(5e-6);
        expect(same, 'weights, moving statistics and memories on all ranks, to the last bit').toBe(true);
      });

      test.each(ranks === 2 ? mistakes : [])('%s, a common mistake, is not', (mistake) => {
        expect(results.equality[mistake]!.weights.value).toBeGreaterThan(0.1);
        expect(results.equality[mistake]!.same).toBe(mistake !== 'nnclr:local'); // each rank has moving statistics of its own
      });
    });
  });
});
