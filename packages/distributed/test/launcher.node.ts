import { launchedBy } from '@kindred/distributed/node';
import { expect, test } from 'vitest';

test('each launcher is known by its variables', () => {
  expect(launchedBy({ OMPI_COMM_WORLD_RANK: '3', OMPI_COMM_WORLD_SIZE: '8', OMPI_COMM_WORLD_LOCAL_SIZE: '4' })).toEqual({ by: 'Open MPI', rank: 3, size: 8, local: 4 });
  expect(launchedBy({ PMI_RANK: '0', PMI_SIZE: '2' })).toEqual({ by: 'MPICH', rank: 0, size: 2, local: 2 });
  expect(launchedBy({ SLURM_PROCID: '5', SLURM_STEP_NUM_TASKS: '64', SLURM_STEP_TASKS_PER_NODE: '2(x32)' })).toEqual({ by: 'Slurm', rank: 5, size: 64, local: 2 });
});

test("mpirun's own word counts inside of a Slurm step", () => {
  const inside = { OMPI_COMM_WORLD_RANK: '1', OMPI_COMM_WORLD_SIZE: '2', SLURM_PROCID: '0', SLURM_STEP_NUM_TASKS: '1', SLURM_STEP_TASKS_PER_NODE: '1' };
  expect(launchedBy(inside)).toEqual({ by: 'Open MPI', rank: 1, size: 2, local: 1 });
});

test('a process that nothing launched, a batch script of Slurm, and nonsense are no job', () => {
  expect(launchedBy({})).toBeUndefined();
  expect(launchedBy({ SLURM_PROCID: '0', SLURM_NTASKS: '64' })).toBeUndefined();
  expect(launchedBy({ PMI_RANK: 'x', PMI_SIZE: '' })).toBeUndefined();
});
