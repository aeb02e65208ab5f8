/**
 * Compares methods on several ranks with the same methods in one process on the joint batch, over eight steps of `pretrain` with SGD and momentum.
 *
 * A method is given by its name, followed by variations after colons:
 *
 * - `local`: batch norm uses each rank's own statistics.
 * - `naive`: each rank takes the loss and gradients of its own rows alone (the usual mistake).
 * - `rounded`: the initial weights are off by one rounding error, to see how far rounding alone drives two runs of one process apart.
 * - `resnet`: a ResNet instead of the smooth encoder.
 */
import { readFileSync } from 'node:fs';
import { type Communicator, decodeSafetensors, flattenParameters, type NamedTensors, readTensor, type StepOutputs } from '@kindred/core';
import { inMemoryDataset } from '@kindred/datasets';
import { normalizeAcross, sameOnAllRanks } from '@kindred/distributed';
import type { Method } from '@kindred/methods';
import { type Optimizer, sgd } from '@kindred/optimizers';
import { pretrain } from '@kindred/training';
import * as tf from '@tensorflow/tfjs-core';
import { batchSize, makeMethod, samples, views } from './methods.js';

const rate = 0.01;

const dataset = inMemoryDataset({
  name: 'noise',
  images: Uint8Array.from({ length: samples * 64 }, (_, i) => (Math.imul(i + 1, 2654435761) >>> 24) % 256),
  imageShape: [8, 8, 1],
});

/** This rank's rows of the outputs, for the `naive` mistake. */
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

/** Averages, over the ranks, the gradients that each has of its own loss. */
function naively(communicator: Communicator, method: Method, optimizer: Optimizer): { method: Method; optimizer: Optimizer } {
  return {
    method: { ...method, loss: (outputs) => method.loss(ownOutputs(outputs, communicator)) },
    optimizer: {
      ...optimizer,
      step: (gradients, learningRate) =>
        tf.tidy(() => optimizer.step(Object.fromEntries(Object.entries(gradients).map(([name, each]) => [name, tf.div(each, communicator.size)])), learningRate)),
    },
  };
}

/** The outcome of eight steps: losses, weights with moving statistics, and the method's state. */
export type Outcome = Record<'losses' | 'weights' | 'state', NamedTensors>;

/** Trains a method on these ranks. Only rank 0 gets the losses. */
export async function train(argument: string, communicator: Communicator): Promise<Outcome> {
  const [name, ...otherwise] = argument.split(':') as [string, ...string[]];
  const normalize = communicator.size === 1 || otherwise.includes('local') ? undefined : normalizeAcross(communicator);
  const method = makeMethod(name, 1, normalize, otherwise.includes('resnet') ? 'resnet' : 'smooth');
  const weights = flattenParameters(method.parameters());
  if (otherwise.includes('rounded')) Object.values(weights).forEach((variable) => tf.tidy(() => variable.assign(tf.mul(variable, 1 + 2 ** -23))));
  const optimizer = sgd({ parameters: weights, momentum: 0.9, weightDecay: 1e-4, exclude: () => false });
  const losses: number[] = [];
  await pretrain({
    ...(otherwise.includes('naive') ? naively(communicator, method, optimizer) : { method, optimizer }),
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
  const named = (tree: typeof weights): NamedTensors => Object.fromEntries(Object.entries(tree).map(([at, variable]) => [at, readTensor(variable)]));
  const outcome = {
    losses: { each: { shape: [losses.length], values: Float32Array.from(losses) } },
    weights: { ...named(weights), ...named(flattenParameters(method.buffers())) },
    state: method.state(),
  };
  optimizer.dispose();
  method.dispose();
  return outcome;
}

interface Difference {
  readonly value: number;
  readonly at: string;
}

/** The largest difference between values, relative to the largest value of their tensor. */
function apart(a: NamedTensors, b: NamedTensors): Difference {
  const each = Object.entries(b).map(([at, { values: theirs }]): Difference => {
    const { values } = a[at]!;
    let [difference, largest] = [0, 0];
    for (let i = 0; i < theirs.length; i++) [difference, largest] = [Math.max(difference, Math.abs(values[i]! - theirs[i]!)), Math.max(largest, Math.abs(theirs[i]!))];
    return { value: difference / Math.max(largest, 1e-2), at }; // a mean that is 0 apart from rounding is not compared relative to itself
  });
  return each.reduce((worst, one) => (one.value > worst.value ? one : worst), { value: 0, at: '' });
}

export const parts = ['losses', 'weights', 'state'] as const;

/** Trains methods on all ranks and returns how far each is from the result of one process, as written by `reference.ts`. */
export async function run(communicator: Communicator, [file, ...methods]: readonly string[]): Promise<unknown> {
  const { tensors } = decodeSafetensors(readFileSync(file!));
  const results: Record<string, unknown> = {};
  for (const name of methods) {
    const outcome = await train(name, communicator);
    const differences = parts.map((part): [string, Difference] => {
      const start = `${name.replaceAll(/:(local|naive|rounded)/g, '')}/${part}/`;
      const theirs = Object.fromEntries(Object.entries(tensors).flatMap(([at, tensor]) => (at.startsWith(start) ? [[at.slice(start.length), tensor]] : [])));
      return [part, communicator.rank > 0 && part === 'losses' ? { value: 0, at: '' } : apart(outcome[part], theirs)];
    });
    const same = sameOnAllRanks(communicator, [...Object.values(outcome.weights), ...Object.values(outcome.state)].map(({ values }) => values));
    results[name] = { ...Object.fromEntries(differences), same, steps: outcome.losses['each']!.values.length };
  }
  return results;
}
