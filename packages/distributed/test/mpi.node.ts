import { readFileSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import { launchers, runJob, underEach } from './launch.js';

/** Whether a process is still running; a zombie is not. */
const alive = (pid: number): boolean => {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
};

describe('mpi', { timeout: 90_000 }, () => {
  underEach((launcher) => {
    test('every call answers a job of one', async () => {
      const { code, stdout, stderr } = await runJob(launcher, { ranks: 1, program: ['together.ts', 'collectives'] });
      expect(stderr).toBe('');
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ collectives: { size: 1 } });
    });

    test.each([
      ['throws', 'rank 1 of 2: Error: the disk is gone'],
      ['rejects', 'rank 1 of 2: Error: nobody handles this'],
      ['exits with 1', 'rank 1 of 2: left with exit code 1 before the end of the job. Ending it.'],
      ['exits with 3', 'rank 1 of 2: left with exit code 3 before the end of the job. Ending it.'],
      ['exits with 0', 'rank 1 of 2: left with exit code 0 before the end of the job. Ending it.'],
      ['returns early', 'rank 1 of 2: left with exit code 0 before the end of the job. Ending it.'],
      ['aborts', 'rank 1 of 2: I give up.'],
      ['is killed', /process rank 1 .* on signal 9|Killed \(signal 9\)/s],
      ['sends fewer values', 'of 2: StateError: mpi: in call 2 rank 1 makes allReduce of 3 values, rank 0 allReduce of 4.'],
      ['makes another call', 'of 2: StateError: mpi: in call 2 rank 1 makes barrier of 0 values, rank 0 allReduce of 4.'],
    ])('a rank that %s ends the job with rank and reason, and a code that is not 0', async (what, reason) => {
      const { code, stdout, stderr } = await runJob(launcher, { ranks: 2, program: ['failing.ts', what], seconds: 30 });
      expect(code).not.toBe(0);
      expect(`${stdout}\n${stderr}`).toMatch(reason);
      const pids = [...stdout.matchAll(/pid (\d+)/g)].map(([, pid]) => Number(pid));
      expect(pids).toHaveLength(2);
      await vi.waitFor(() => expect(pids.filter(alive)).toEqual([]), 10_000); // launchers may exit before the last rank does
    });

    test('a rank that hangs is noticed by those that wait, although their main threads are blocked', async () => {
      const { code, stderr } = await runJob(launcher, {
        ranks: 2,
        program: ['failing.ts', 'hangs'],
        environment: { KINDRED_MPI_TIMEOUT: '2' },
        seconds: 30,
      });
      expect(code).not.toBe(0);
      expect(stderr).toContain('rank 0 of 2: waited 2 s for the other ranks in allReduce (call 2, 4 values), so one of them hangs or is gone. Ending the job.');
    });
  });

  const [first, second] = launchers;
  test.skipIf(second === undefined)("a library that is not the launcher's is refused, both ways", async () => {
    for (const [launcher, library, says] of [[first!, 'libmpich.so.12', 'MPICH'], [second!, 'libmpi.so.40', 'Open MPI']] as const) {
      const { code, stderr } = await runJob(launcher, { ranks: 2, program: ['together.ts', 'collectives'], environment: { KINDRED_MPI_LIBRARY: library } });
      expect(code).not.toBe(0);
      expect(stderr).toMatch(new RegExp(`BackendError: openMpi: ${launcher.name} started 2 processes, ${library} \\(${says}.*\\) sees 1\\.`));
      expect(stderr).toContain("Name the launcher's own library in KINDRED_MPI_LIBRARY");
    }
  });

  test.skipIf(first === undefined)('a library that is not there is told with what to install', async () => {
    const { code, stderr } = await runJob(first!, { ranks: 1, program: ['together.ts', 'collectives'], environment: { KINDRED_MPI_LIBRARY: 'libmpi-of-nobody.so' } });
    expect(code).not.toBe(0);
    expect(stderr).toContain('BackendError: openMpi: no MPI library could be loaded, tried libmpi-of-nobody.so:');
    expect(stderr).toContain('Install one (Debian: apt-get install openmpi-bin, or mpich), or name its file in KINDRED_MPI_LIBRARY.');
  });
});
