/**
 * Methods over several ranks against the same methods in one process on the joint batch, by a loop of one's own: eight steps of SGD with momentum.
 * Every rank also runs the reference, and compares. Arguments: methods, each with what is done wrong on purpose after a colon.
 *
 * - `local`: batch norm takes each rank's own statistics.
 * - `naive`: each rank takes the loss of its own rows alone, and the gradients of these (the usual mistake).
 */
import { flattenParameters, type StepOutputs } from '@kindred/core';
import { broadcastVariables, type Communicator, gatherOutputs, normalizeAcross, oneRank, ownRows, sameOnAllRanks, sumOverRanks, type Values } from '@kindred/distributed';
import { openMpi } from '@kindred/distributed/node';
import { type Method } from '@kindred/methods';
import { type Optimizer, sgd } from '@kindred/optimizers';
import { useTensorFlow } from '@kindred/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import { batch, makeMethod, rowsInBatch, samples } from './methods.js';

const mpi = await openMpi();
await useTensorFlow({ quiet: true, threads: 1 });
const steps = 8;
const rate = 0.01; // small: rounding grows from step to step as the weights move

type Wrong = 'nothing' | 'local' | 'naive';

/** Off the tape: what the loss's gradients were made of has no part in the second gradient. */
const constant = (tensor: tf.Tensor): tf.Tensor => tf.tensor(tensor.dataSync(), tensor.shape);

/** One step of this rank on its rows of the batch; with one rank the whole step. */
function step(method: Method, ranks: Communicator, optimizer: Optimizer, at: number, wrong: Wrong): number {
  const { views, sampleIds } = batch(at);
  return tf.tidy(() => {
    const mine = views.map((view) => ownRows(ranks, view));
    const ids = sampleIds.slice((rowsInBatch / ranks.size) * ranks.rank, (rowsInBatch / ranks.size) * (ranks.rank + 1));
    const targets = method.targets?.(mine);
    const names = Object.entries(flattenParameters(method.parameters()));
    const variables = names.map(([, variable]) => variable);
    let whole: StepOutputs | undefined;
    const made: tf.Tensor[] = [];
    let value = NaN;
    let direct: (tf.Tensor | null)[] = [];
    const { grads } = tf.engine().gradients(
      () => {
        const outputs = { ...method.forward(mine, 'train'), sampleIds: ids, step: at, ...(targets && { targets }) };
        const all = gatherOutputs(ranks, outputs) as StepOutputs;
        whole = all;
        const embeddings = [...all.projections, ...(all.predictions ?? [])];
        for (const each of [...embeddings, ...(all.targets ?? [])]) made.push(tf.keep(each)); // `update` takes them
        const inner = tf.engine().gradients(
          () => method.loss(wrong === 'naive' ? anchorsOf(all, ranks) : all),
          [...embeddings, ...variables],
          undefined,
          true,
        );
        value = inner.value.dataSync()[0]!;
        direct = inner.grads.slice(embeddings.length);
        made.push(...direct.flatMap((each) => (each == null ? [] : [tf.keep(each)])));
        const own = [...outputs.projections, ...(outputs.predictions ?? [])];
        const terms = own.flatMap((embedding, i) =>
          inner.grads[i] == null ? [] : [tf.sum(tf.mul(embedding, constant(ownRows(ranks, inner.grads[i]!))))],
        );
        return tf.addN(terms) as tf.Scalar;
      },
      variables,
      undefined,
      true,
    );
    // what the loss itself learns (prototypes) has its whole gradient on every rank: it counts once
    const parts = variables.map((variable, i) => {
      const [through, straight] = [grads[i], ranks.rank === 0 ? direct[i] : undefined];
      if (through == null || straight == null) return through ?? straight ?? tf.zerosLike(variable);
      return tf.add(through, straight);
    });
    const sums = sumOverRanks(ranks, parts);
    const scale = wrong === 'naive' ? 1 / ranks.size : 1;
    optimizer.step(Object.fromEntries(names.map(([key], i) => [key, tf.mul(sums[i]!, scale)])), rate);
    method.update(whole!);
    tf.dispose(made);
    return value;
  });
}

/** The rows of this rank alone, as anchors and positives. */
function anchorsOf(all: StepOutputs, ranks: Communicator): StepOutputs {
  const own = (list: readonly tf.Tensor2D[] | undefined): tf.Tensor2D[] | undefined => list?.map((each) => ownRows(ranks, each));
  const [predictions, targets] = [own(all.predictions), own(all.targets)];
  return { ...all, projections: own(all.projections)!, ...(predictions && { predictions }), ...(targets && { targets }), sampleIds: all.sampleIds.slice(0, rowsInBatch / ranks.size) };
}

/** The pass before the first step, where the method asks for one. */
function before(method: Method, ranks: Communicator): void {
  const pass = method.firstPass?.();
  if (pass === undefined) return;
  for (let at = 0; at < samples / rowsInBatch; at++) {
    const { views, sampleIds } = batch(at);
    tf.tidy(() => {
      const mine = views.map((view) => ownRows(ranks, view));
      const each = rowsInBatch / ranks.size;
      const ids = sampleIds.slice(each * ranks.rank, each * (ranks.rank + 1));
      pass.observe(gatherOutputs(ranks, { ...method.forward(mine, 'train'), sampleIds: ids, step: 0 }) as StepOutputs);
    });
  }
  pass.finish();
}

function train(name: string, ranks: Communicator, wrong: Wrong): { method: Method; losses: number[] } {
  const method = makeMethod(name, 1, ranks.size === 1 || wrong === 'local' ? undefined : normalizeAcross(ranks));
  const parameters = flattenParameters(method.parameters());
  broadcastVariables(ranks, [...Object.values(parameters), ...Object.values(flattenParameters(method.buffers()))]);
  const optimizer = sgd({ parameters, momentum: 0.9, weightDecay: 1e-4, exclude: () => false });
  before(method, ranks);
  return { method, losses: Array.from({ length: steps }, (_, at) => step(method, ranks, optimizer, at, wrong)) };
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
  const [name, wrong = 'nothing'] = argument.split(':') as [string, Wrong?];
  const [reference, across] = [train(name, oneRank(), 'nothing'), train(name, mpi, wrong)];
  const difference = (of: typeof values): number => {
    const theirs = of(reference.method);
    return Math.max(0, ...of(across.method).map((list, i) => worst(list, theirs[i]!)));
  };
  results[argument] = {
    loss: Math.max(...across.losses.map((loss, i) => Math.abs(loss - reference.losses[i]!))),
    parameters: difference(values),
    state: difference(states),
    same: sameOnAllRanks(mpi, [...values(across.method), ...states(across.method)]),
  };
}
if (mpi.rank === 0) console.log(JSON.stringify(results));
await mpi.finalize();
