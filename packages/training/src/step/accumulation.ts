/** The gradients of a step as the mean of its chunks', for losses that compare no rows of the batch with one another. */
import { StateError, type StepOutputs } from '@kindred/core';
import { abs, addN, concat, div, max, mul, type Scalar, slice, sub, type Tensor, tidy, zerosLike } from '@tensorflow/tfjs-core';
import { backward } from './backward.js';
import { type Embeddings, joined, tensorsOf, trainedOf } from './chunks.js';
import { viewsOf } from './embed.js';
import { exchange, ownRows, sumOverRanks } from './exchange.js';
import { existing, gradientSums } from './gradient-sums.js';
import { type LossGradients, lossGradients } from './loss.js';
import type { MovingStatistics } from './moving-statistics.js';
import { keeping, type StepGradients, type StepProgress, type StepWork } from './work.js';

/** How far apart the two ways may be, of the largest value: far above rounding, while a different loss is off by tenths. */
const tolerance = 1e-3;

/**
 * Mean of the chunks' gradients: one pass a chunk, and no embeddings of other chunks or ranks. That is the whole batch's gradient if the
 * loss is a mean over anchors and none of them meets another row of the batch: BYOL, SimSiam, MoCo with its queue, NNSiam.
 * With negatives in the batch (SimCLR, NNCLR) or statistics over it (Barlow Twins, VICReg) it is another loss.
 *
 * No loss has to declare which kind it is: at every step the loss and its gradients for the embeddings are computed for the whole
 * batch as well, without the networks, and if they differ the step ends before any weight changes.
 *
 * @throws StateError if the loss compares rows of the batch.
 */
export function accumulation<Input extends Tensor>(work: StepWork<Input>, progress: StepProgress, statistics: MovingStatistics): StepGradients {
  const { method, chunks, communicator } = work;
  const kept = keeping(progress);
  const sums = gradientSums();
  const parts: Embeddings[] = [];
  const alone: LossGradients[] = [];
  const share = 1 / (chunks * communicator.size);
  try {
    for (let chunk = 0; chunk < chunks; chunk++) {
      statistics.during(true, () =>
        tidy(() => {
          const views = viewsOf(work, chunk);
          const targets = method.targets?.(views);
          const through = backward(work, views, (embeddings) => {
            const outputs = chunkOutputs(work, { ...embeddings, ...(targets && { targets }) }, chunk);
            tensorsOf(outputs).forEach(kept);
            parts.push(outputs as unknown as Embeddings);
            progress.outputs = outputs;
            const loss = lossGradients(work, outputs);
            [loss.value, ...existing(loss.embeddings), ...existing(loss.variables)].forEach(kept);
            alone.push(loss);
            sums.add(loss.variables, share);
            return loss.embeddings.map((gradient) => gradient && mul(gradient, share));
          });
          sums.add(through);
        }),
      );
    }
    const all = tidy(() => joined(parts));
    tensorsOf(all).forEach(kept);
    const whole = exchange(work, all);
    tensorsOf(whole).forEach(kept);
    progress.outputs = whole;
    const loss = kept(tidy(() => sumOverRanks(communicator, [mul(addN(alone.map(({ value }) => value)), share)])[0] as Scalar));
    tidy(() => refuseOther(work, all, alone, lossGradients(work, whole), loss));
    return { loss, gradients: sums.values().map((sum) => sum && kept(sum)) };
  } catch (error) {
    sums.dispose();
    throw error;
  }
}

/** A chunk's outputs, each tensor a separate leaf. */
function chunkOutputs<Input extends Tensor>({ chunkSize, labels, sampleIds, step }: StepWork<Input>, embeddings: Embeddings, chunk: number): StepOutputs {
  const some = (list: Int32Array): Int32Array => list.slice(chunk * chunkSize, (chunk + 1) * chunkSize);
  const cloned = (list: Tensor[]): never => list.map((each) => each.clone()) as never;
  return {
    projections: cloned(embeddings.projections),
    ...(embeddings.predictions && { predictions: cloned(embeddings.predictions) }),
    ...(embeddings.targets && { targets: cloned(embeddings.targets) }),
    ...(embeddings.features && { features: cloned(embeddings.features) }),
    sampleIds: some(sampleIds),
    ...(labels && { labels: some(labels) }),
    step,
  };
}

/** @throws StateError if the chunks' mean is not the whole batch's loss; on all ranks alike */
function refuseOther<Input extends Tensor>(work: StepWork<Input>, all: Embeddings, alone: readonly LossGradients[], whole: LossGradients, loss: Scalar): void {
  const { method, chunks, communicator, variables } = work;
  const value = whole.value.dataSync()[0]!;
  const mean = loss.dataSync()[0]!;
  // NaN is left to the check of all gradients
  if (!Number.isFinite(value) || !Number.isFinite(mean)) return;
  const scale = Math.max(1, Math.abs(value));
  const count = chunks * communicator.size;
  const largest = (tensor: Tensor): number => max(abs(tensor)).dataSync()[0]!;
  const between = (own: Tensor, other: Tensor, at: Tensor, rows: number): number => {
    const difference = largest(sub(own, other));
    // if nothing is left to learn (a cosine of 1) both are rounding: what would move a row's loss by no digit of float32
    if (difference * largest(at) * rows <= 1e-5 * scale) return 0;
    return difference / Math.max(largest(own), largest(other));
  };
  // rows of a chunk are rows of the batch
  const ofEmbeddings = trainedOf(all).map((at, i) => {
    const chunked = alone.map(({ embeddings }) => embeddings[i]);
    const gradient = whole.embeddings[i];
    if (gradient == null && existing(chunked).length === 0) return 0;
    const filled = chunked.map((part) => part ?? zerosLike(slice(at, 0, at.shape[0]! / chunks)));
    const own = gradient == null ? zerosLike(at) : ownRows(communicator, gradient);
    return between(own, div(concat(filled, 0), count), at, at.shape[0]! * communicator.size);
  });
  // a variable is the same in all of them
  const learned = variables.flatMap((at, i) => {
    const chunked = existing(alone.map(({ variables: gradients }) => gradients[i]));
    const gradient = whole.variables[i];
    return gradient == null && chunked.length === 0 ? [] : [{ at: at as Tensor, own: gradient ?? zerosLike(at), part: chunked.length === 0 ? zerosLike(at) : addN(chunked) }];
  });
  const sums = sumOverRanks(communicator, learned.map(({ part }) => part));
  const ofVariables = learned.map(({ at, own }, i) => between(own, div(sums[i]!, count), at, 1));
  const worst = communicator.allReduce(Float32Array.of(Math.max(0, ...[...ofEmbeddings, ...ofVariables].filter(Number.isFinite))), 'max')[0]!;
  if (Math.abs(value - mean) <= tolerance * scale && worst <= tolerance) return;
  throw new StateError(
    `${method.name}.loss`,
    `compares rows of the batch: it is ${value.toPrecision(4)} of the whole batch and ${mean.toPrecision(4)} as the mean of its ${count} chunks, and the gradients are ${Math.round(100 * worst)} % apart. Accumulating would train another loss.`,
    'Leave accumulate out: chunkSize alone is exact.',
  );
}
