/** The files for clusters in docs/cluster, as far as they can be checked without one. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const folder = new URL('../../../docs/cluster/', import.meta.url).pathname;

/** Runs the Slurm script with programs in place of Slurm's that print what they were asked. */
function slurm(code: number, prepare: (runs: string) => void = () => undefined): { status: number | null; asked: string[]; runs: string } {
  const [bin, runs] = [mkdtempSync(join(tmpdir(), 'kindred-slurm-')), mkdtempSync(join(tmpdir(), 'kindred-slurm-runs-'))];
  for (const [name, exit] of [['srun', code], ['scontrol', 0]] as const) {
    writeFileSync(join(bin, name), `#!/bin/sh\necho "${name} $*"\nexit ${exit}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  prepare(runs);
  const environment = { PATH: `${bin}:/usr/bin:/bin`, RUNS: runs, SLURM_JOB_ID: '7' };
  const { status, stdout } = spawnSync('bash', [join(folder, 'slurm.sh'), 'settings.yaml', 'my-run'], { env: environment, encoding: 'utf8' });
  return { status, asked: stdout.trim().split('\n'), runs };
}

test('the Slurm script is one, and starts a new run', () => {
  execFileSync('bash', ['-n', join(folder, 'slurm.sh')]);
  const { status, asked, runs } = slurm(0);
  expect(asked).toEqual([`srun --mpi=pmix --cpu-bind=cores --kill-on-bad-exit=1 npx kindred pretrain settings.yaml --name my-run --runs ${runs}`]);
  expect(status).toBe(0);
});

test('it goes on with a run that is there, and back to the queue while that is not finished', () => {
  const begun = (runs: string): void => {
    mkdirSync(join(runs, 'my-run', 'checkpoints'), { recursive: true });
    writeFileSync(join(runs, 'my-run', 'config.json'), '{}');
  };
  const stopped = slurm(130, begun);
  expect(stopped.asked).toEqual([`srun --mpi=pmix --cpu-bind=cores --kill-on-bad-exit=1 npx kindred pretrain --resume ${stopped.runs}/my-run`, 'scontrol requeue 7']);
  expect(stopped.status).toBe(130);
  expect(slurm(1).asked, 'a run that never began is not tried again').toHaveLength(1);
  const finished = slurm(1, (runs) => {
    begun(runs);
    writeFileSync(join(runs, 'my-run', 'encoder.safetensors'), '');
  });
  expect(finished.asked).toHaveLength(1);
});

test('the Kubernetes job has the fields of an MPIJob, as many ranks as workers, and a launcher script without an error', () => {
  const job = parse(readFileSync(join(folder, 'mpijob.yaml'), 'utf8')) as {
    apiVersion: string;
    kind: string;
    spec: { mpiImplementation: string; slotsPerWorker: number; mpiReplicaSpecs: Record<'Launcher' | 'Worker', { replicas: number; template: { spec: PodSpec } }> };
  };
  interface PodSpec {
    containers: { args?: string[]; image: string; volumeMounts: { name: string }[] }[];
    volumes: { name: string }[];
  }
  expect([job.apiVersion, job.kind, job.spec.mpiImplementation]).toEqual(['kubeflow.org/v2beta1', 'MPIJob', 'OpenMPI']);
  const { Launcher, Worker } = job.spec.mpiReplicaSpecs;
  const script = Launcher.template.spec.containers[0]!.args![0]!;
  expect(spawnSync('bash', ['-n'], { input: script, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  expect(script).toContain(`mpirun --allow-run-as-root -n ${Worker.replicas * job.spec.slotsPerWorker} --map-by ppr:1:node --bind-to none`);
  for (const { template } of [Launcher, Worker]) {
    const volumes = template.spec.volumes.map(({ name }) => name);
    for (const { volumeMounts, image } of template.spec.containers) {
      expect(volumeMounts.every(({ name }) => volumes.includes(name))).toBe(true);
      expect(image).toBe(Worker.template.spec.containers[0]!.image);
    }
  }
});
