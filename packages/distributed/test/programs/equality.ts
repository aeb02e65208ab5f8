/**
 * Methods over several ranks against the same methods in one process on the joint batch: eight steps of `pretrain`, with SGD and momentum. Every
 * rank also runs the reference, and compares. Arguments: methods, each with what is done wrong on purpose after a colon.
 *
 * - `local`: batch norm takes each rank's own statistics.
 * - `naive`: each rank takes the loss of its own rows alone, and the gradients of these (the usual mistake).
 */
import { type Communicator, flattenParameters, oneRank, type StepOutputs, type Values } from '@kindred/core';
import { inMemoryDataset } from '@kindred/datasets';
import { normalizeAcross, sameOnAllRanks } from '@kindred/distributed';
import { openMpi } from '@kindred/distributed/node';
import type { Method } from '@kindred/methods';
import { type Optimizer, sgd } from '@kindred/optimizers';
import { useTensorFlow } from '@kindred/tensorflow';
import { pretrain } from '@kindred/training';
import * as tf from '@tensorflow/tfjs-core';
import { batchSize, makeMethod, samples, views } from './methods.js';

const mpi = await openMpi();
await useTensorFlow({ quiet: true, threads: 1 });
const rate = 0.01; // small: rounding grows from step to step as the weights move

const dataset = inMemoryDataset({
  name: 'noise',
  images: Uint8Array.from({ length: samples * 64 }, (_, i) => (Math.imul(i + 1, 2654435761) >>> 24) % 256),
  imageShape: [8, 8, 1],
});

/** This rank's rows of the outputs, for the mistake. */
function ownOutputs(all: StepOutputs, { rank, size }: Communicator): StepOutputs {
  const rows = all.sampleIds.length / size;
  const own = (list: readonly tf.Tensor2D[]): tf.Tensor2D[] => list.map((each) => tf.slice(each, [rank * rows, 0], [rows, -1]));
  return {
    ...all,
    projections: own(all.projections),
    ...(all.predictions && { predictions: own(all.predictions) }),
    ...(all.targets && { targets: own(all.targets) }),
    sampleIds: all.sampleIds.slice(rank * rows, (rank + 1) * rows),
  };
}

/** The mean over the ranks of the gradients that each has of its own loss. */
function naively(method: Method, optimizer: Optimizer): { method: Method; optimizer: Optimizer } {
  return {
    method: { ...method, loss: (outputs) => method.loss(ownOutputs(outputs, mpi)) },
    optimizer: {
      ...optimizer,
      step: (gradients, learningRate) =>
        tf.tidy(() => optimizer.step(Object.fromEntries(Object.entries(gradients).map(([name, each]) => [name, tf.div(each, mpi.size)])), learningRate)),
    },
  };
}

async function train(name: string, communicator: Communicator, wrong: string): Promise<{ method: Method; losses: number[] }> {
  const normalize = communicator.size === 1 || wrong === 'local' ? undefined : normalizeAcross(communicator);
  const method = makeMethod(name, 1, normalize);
  const optimizer = sgd({ parameters: flattenParameters(method.parameters()), momentum: 0.9, weightDecay: 1e-4, exclude: () => false });
  const losses: number[] = [];
  await pretrain({
    ...(wrong === 'naive' ? naively(method, optimizer) : { method, optimizer }),
    dataset,
    views,
    schedule: () => rate,
    batchSize,
    epochs: 4,
    seed: 3,
    watchEvery: 0,
    communicator,
    onStep: ({ loss }) => void losses.push(loss),
  });
  return { method, losses };
}

const worst = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let [apart, largest] = [0, 0];
  for (let i = 0; i < b.length; i++) [apart, largest] = [Math.max(apart, Math.abs(a[i]! - b[i]!)), Math.max(largest, Math.abs(b[i]!))];
  return apart / Math.max(largest, 1e-2); // a mean that is 0 but for rounding is not compared with itself
};
const values = (method: Method): Values[] =>
  [method.parameters(), method.buffers()].flatMap((tree) => Object.values(flattenParameters(tree)).map((variable) => variable.dataSync() as Values));
const states = (method: Method): Values[] => Object.values(method.state()).map((value) => value.values);

const results: Record<string, unknown> = {};
for (const argument of process.argv.slice(2)) {
  const [name, wrong = 'nothing'] = argument.split(':') as [string, string?];
  const [reference, across] = [await train(name, oneRank(), 'nothing'), await train(name, mpi, wrong)];
  const difference = (of: typeof values): number => {
    const theirs = of(reference.method);
    return Math.max(0, ...of(across.method).map((list, i) => worst(list, theirs[i]!)));
  };
  results[argument] = {
    steps: across.losses.length,
    loss: Math.max(...across.losses.map((loss, i) => Math.abs(loss - reference.losses[i]!))),
    parameters: difference(values),
    state: difference(states),
    same: sameOnAllRanks(mpi, [...values(across.method), ...states(across.method)]),
  };
}
if (mpi.rank === 0) console.log(JSON.stringify(results));
await mpi.finalize();
