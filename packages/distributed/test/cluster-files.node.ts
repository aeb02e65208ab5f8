/** Checks the files in docs/cluster as far as that is possible without a cluster. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const folder = new URL('../../../docs/cluster/', import.meta.url).pathname;

/** Runs the Slurm script with stand-ins for Slurm's programs that print their arguments. */
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
  expect(asked).toEqual([`srun --mpi=pmix --cpu-bind=cores --kill-on-bad-exit=1 node_modules/.bin/kindred pretrain settings.yaml --name my-run --runs ${runs}`]);
  expect(status).toBe(0);
});

test('it goes on with a run that is there, and back to the queue while that is not finished', () => {
  const begun = (runs: string): void => {
    mkdirSync(join(runs, 'my-run', 'checkpoints'), { recursive: true });
    writeFileSync(join(runs, 'my-run', 'config.json'), '{}');
  };
  const stopped = slurm(130, begun);
  expect(stopped.asked).toEqual([`srun --mpi=pmix --cpu-bind=cores --kill-on-bad-exit=1 node_modules/.bin/kindred pretrain --resume ${stopped.runs}/my-run`, 'scontrol requeue 7']);
  expect(stopped.status).toBe(130);
  expect(slurm(1).asked, 'a run that never began is not tried again').toHaveLength(1);
  const finished = slurm(1, (runs) => {
    begun(runs);
    writeFileSync(join(runs, 'my-run', 'encoder.safetensors'), '');
  });
  expect(finished.asked).toHaveLength(1);
});

/**
 * The part of the operator's API that this file uses; other fields are refused, as a cluster would refuse them.
 *
 * @see https://github.com/kubeflow/mpi-operator/blob/master/pkg/apis/kubeflow/v2beta1/types.go, and Kubernetes' PodSpec
 */
const Container = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]*$/),
  image: z.string(),
  command: z.array(z.string()).optional(),
  args: z.array(z.string()).optional(),
  env: z.array(z.strictObject({ name: z.string(), value: z.string() })).optional(), // a number would be refused
  resources: z.strictObject({ limits: z.strictObject({ cpu: z.string(), memory: z.string().regex(/^\d+[KMGT]i$/) }) }).optional(),
  volumeMounts: z.array(z.strictObject({ name: z.string(), mountPath: z.string().startsWith('/') })),
});
const Replica = z.strictObject({
  replicas: z.int().positive(),
  restartPolicy: z.enum(['Always', 'OnFailure', 'Never']).optional(), // it belongs here: in the pod's template it would be overridden
  template: z.strictObject({
    spec: z.strictObject({
      containers: z.array(Container).min(1),
      volumes: z.array(z.strictObject({ name: z.string(), persistentVolumeClaim: z.strictObject({ claimName: z.string() }) })),
    }),
  }),
});
const MpiJob = z.strictObject({
  apiVersion: z.literal('kubeflow.org/v2beta1'),
  kind: z.literal('MPIJob'),
  metadata: z.strictObject({ name: z.string().regex(/^[a-z0-9-]+$/) }),
  spec: z.strictObject({
    mpiImplementation: z.enum(['OpenMPI', 'Intel', 'MPICH']),
    slotsPerWorker: z.int().positive(),
    sshAuthMountPath: z.string().startsWith('/'),
    runPolicy: z.strictObject({ cleanPodPolicy: z.enum(['None', 'Running', 'All']), backoffLimit: z.int().nonnegative() }),
    mpiReplicaSpecs: z.strictObject({ Launcher: Replica, Worker: Replica }),
  }),
});

test('the Kubernetes job has the fields of an MPIJob, as many ranks as workers, and a launcher script without an error', () => {
  const job = MpiJob.parse(parse(readFileSync(join(folder, 'mpijob.yaml'), 'utf8')));
  expect(() => MpiJob.parse({ ...job, spec: { ...job.spec, slots: 1 } })).toThrow('slots');
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
