import { describe, expect, test } from 'vitest';
import { runJob, underEach } from './launch.js';

const result = (stdout: string): Record<string, unknown> => JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, unknown>;

describe('across ranks', { timeout: 90_000 }, () => {
  underEach((launcher) => {
    test('ranks that hold other facts are refused, all of them by the same message', async () => {
      const { code, stdout } = await runJob(launcher, { ranks: 3, program: ['agreeing.ts'] });
      expect(code).toBe(0);
      expect(result(stdout)).toEqual({
        refusals: [
          'test: rank 2 has data cifar-10, 49,999 samples, rank 0 has data cifar-10. Start all ranks with the same program, settings and data.',
          'test: rank 1 has steps 11, rank 0 has steps 10. Start all ranks with the same program, settings and data.',
          'test: rank 2 has shapes 3×3, rank 0 has nothing more. Start all ranks with the same program, settings and data.',
        ],
        same: [true, false, false],
        everywhere: true,
      });
    });

    test.each([2, 4])('batch normalisation of %i ranks is that of one process on all rows, with its gradients', async (ranks) => {
      const { code, stdout, stderr } = await runJob(launcher, { ranks, program: ['normalizing.ts'] });
      expect(stderr).not.toContain('Error');
      expect(code).toBe(0);
      const { results, control, left } = result(stdout) as { results: Record<string, number>; control: number; left: number };
      // float32; one channel is 10 ± 0.1, whose deviations have five digits
      for (const [what, difference] of Object.entries(results)) expect(difference, what).toBeLessThan(1e-4);
      expect(Object.keys(results)).toHaveLength(7);
      expect(control).toBeGreaterThan(0.05); // each rank's own statistics are another network
      expect(left).toBe(16 * 4); // the layers' own variables
    });

    test.each([2, 4])('methods over %i ranks are those of one process on the joint batch, and common mistakes are not', async (ranks) => {
      const methods = ['nnclr', 'simclr', 'moco-v2', 'swav', 'deepcluster-v2', 'byol'];
      const mistakes = ['nnclr:local', 'simclr:naive'];
      const { code, stdout, stderr } = await runJob(launcher, { ranks, program: ['equality.ts', ...methods, ...mistakes], seconds: 280 });
      expect(stderr).not.toContain('Error');
      expect(code).toBe(0);
      const results = result(stdout) as Record<string, { loss: number; parameters: number; state: number; same: boolean }>;
      expect(Object.keys(results)).toEqual([...methods, ...mistakes]);
      for (const method of methods) {
        // the largest seen, of 8 steps: 4e-5 of a tensor's largest weight, rounding that has grown; memories of normalised rows a little more
        expect(results[method]!.parameters, method).toBeLessThan(1.5e-4);
        expect(results[method]!.state, method).toBeLessThan(5e-4);
        expect(results[method]!.loss, method).toBeLessThan(1e-4);
        expect(results[method]!.same, `${method} is the same on all ranks, to the last bit`).toBe(true);
      }
      for (const mistake of mistakes) expect(results[mistake]!.parameters, mistake).toBeGreaterThan(0.1);
      expect(results['nnclr:local']!.same).toBe(false); // each rank has moving statistics of its own
    }, 300_000);
  });
});
