/** The gradients of a step as the mean of its chunks', for losses that compare no rows of the batch with one another. */
import { StateError, type StepOutputs } from '@kindred/core';
import { abs, addN, concat, dispose, div, engine, keep, max, slice, sub, type Tensor, tidy, zerosLike } from '@tensorflow/tfjs-core';
import { addGradients, byVariable, type Embeddings, embeddingsOf, existing, joined, movingStatistics, rowsOf, tensorsOf, trainedOf } from './chunks.js';
import { readLoss, type StepProgress, type StepWork, trainedOutputs } from './step-gradients.js';

/** How far apart the two ways may be, of the largest value: far above rounding, where another loss is some tenths away. */
const tolerance = 1e-3;

/**
 * Mean of the chunks' gradients: one pass a chunk. That is the whole batch's gradient where the loss is a mean over anchors
 * and none of them meets another row of the batch: BYOL, SimSiam, MoCo with its queue, NNSiam. With negatives in the batch
 * (SimCLR, NNCLR) or statistics over it (Barlow Twins, VICReg) it is another loss.
 *
 * No part has to declare which it is: at every step the loss and its gradients for the embeddings are computed of the whole
 * batch and of the chunks, without the networks, and where they differ the step ends before any weight changes.
 *
 * @throws StateError where the loss compares rows of the batch. @throws DivergenceError where it is not finite.
 */
export function accumulatedGradients(work: StepWork, size: number, progress: StepProgress): Record<string, Tensor> {
  const { method, views, sampleIds, labels, step, variables } = work;
  const { made } = progress;
  const chunks = Array.from({ length: sampleIds.length / size }, (_, index) => index);
  const statistics = movingStatistics(method);
  const sums: (Tensor | undefined)[] = [];
  const parts: Embeddings[] = [];
  const losses: Tensor[] = [];
  const kept = <T extends Tensor>(tensor: T): T => {
    made.push(keep(tensor));
    return tensor;
  };
  /** A chunk's outputs, or with `all` the whole batch's. */
  const outputsOf = (embeddings: Embeddings, index: number | 'all'): StepOutputs => {
    const some = (list: Int32Array): Int32Array => (index === 'all' ? list : list.slice(index * size, (index + 1) * size));
    return { ...embeddings, step, sampleIds: some(sampleIds), ...(labels && { labels: some(labels) }) };
  };
  try {
    for (const index of chunks) {
      const gradients = statistics.during(true, () =>
        tidy(() => {
          const images = rowsOf(views, index, size);
          const targets = method.targets?.(images).map(kept);
          const share = (): Tensor => {
            const forward = method.forward(images, 'train');
            trainedOutputs(forward).forEach(kept);
            const part = embeddingsOf(forward, targets);
            parts.push(part);
            progress.outputs = outputsOf(part, index);
            const loss = kept(method.loss(progress.outputs));
            losses.push(loss);
            return div(loss, chunks.length);
          };
          return engine().gradients(share, [...variables], undefined, true).grads;
        }),
      );
      addGradients(sums, gradients);
      dispose(existing(gradients));
    }
    const all = tidy(() => joined(parts));
    made.push(...tensorsOf(all));
    progress.outputs = outputsOf(all, 'all');
    readLoss(losses.reduce((total, loss) => total + loss.dataSync()[0]!, 0) / chunks.length, work, progress);
    tidy(() => {
      const inChunks = parts.map((part, index) => lossAlone(work, joined([part]), (leaves) => outputsOf(leaves, index)));
      // last, so that the method's own numbers are of the whole batch
      refuseOther(work, all, lossAlone(work, all, (leaves) => outputsOf(leaves, 'all')), inChunks);
    });
    statistics.settle();
    return byVariable(variables, sums);
  } finally {
    made.push(...existing(sums));
    statistics.end();
  }
}

interface LossAlone {
  readonly value: number;
  /** For each embedding and each variable, null where the loss does not depend on it. */
  readonly gradients: readonly (Tensor | null)[];
}

/** The loss of embeddings and its gradients for them, and for what it learns from itself (prototypes), without the networks. */
function lossAlone({ method, variables }: StepWork, leaves: Embeddings, outputsOf: (leaves: Embeddings) => StepOutputs): LossAlone {
  const { value, grads } = engine().gradients(() => method.loss(outputsOf(leaves)), [...trainedOf(leaves), ...variables], undefined, true);
  return { value: value.dataSync()[0]!, gradients: grads };
}

/** @throws StateError where the chunks' mean is not the whole batch's loss */
function refuseOther({ method, variables }: StepWork, all: Embeddings, whole: LossAlone, chunks: readonly LossAlone[]): void {
  const embeddings = trainedOf(all);
  const mean = chunks.reduce((total, { value }) => total + value, 0) / chunks.length;
  const scale = Math.max(1, Math.abs(whole.value));
  const largest = (tensor: Tensor): number => max(abs(tensor)).dataSync()[0]!;
  const apart = [...embeddings, ...variables].map((at, i) => {
    const parts = chunks.map(({ gradients }) => gradients[i]);
    const gradient = whole.gradients[i];
    if (gradient == null && existing(parts).length === 0) return 0;
    // rows of a chunk are rows of the batch; a variable is the same in all of them
    const ofRows = i < embeddings.length;
    const filled = parts.map((part) => part ?? zerosLike(ofRows ? slice(at, 0, at.shape[0]! / chunks.length) : at));
    const other = div(ofRows ? concat(filled, 0) : addN(filled), chunks.length);
    const own = gradient ?? zerosLike(at);
    const difference = largest(sub(own, other));
    // where nothing is left to learn (a cosine of 1) both are rounding: what would move a row's loss by no digit of float32
    if (difference * largest(at) * (ofRows ? at.shape[0]! : 1) <= 1e-5 * scale) return 0;
    return difference / Math.max(largest(own), largest(other));
  });
  const worst = Math.max(...apart);
  if (Math.abs(whole.value - mean) <= tolerance * scale && worst <= tolerance) return;
  throw new StateError(
    `${method.name}.loss`,
    `compares rows of the batch: it is ${whole.value.toPrecision(4)} of the whole batch and ${mean.toPrecision(4)} as the mean of its ${chunks.length} chunks, and the gradients are ${Math.round(100 * worst)} % apart. Accumulating would train another loss.`,
    'Leave accumulate out: chunkSize alone is exact.',
  );
}
