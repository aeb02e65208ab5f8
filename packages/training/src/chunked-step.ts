/** The gradients of a step whose batch runs through the networks in chunks, as exact as in one piece. */
import { StateError } from '@kindred/core';
import {
  abs,
  add,
  addN,
  dispose,
  div,
  engine,
  keep,
  max,
  mul,
  type Scalar,
  stack,
  sub,
  sum,
  type Tensor,
  tidy,
} from '@tensorflow/tfjs-core';
import { addGradients, byVariable, type Embeddings, embeddingsOf, existing, joined, movingStatistics, rowsOf, tensorsOf, trainedOf } from './chunks.js';
import { readLoss, type StepProgress, type StepWork } from './step-gradients.js';

/** How far apart, of the largest value, the two passes may be: far above rounding, far below a dropped unit. */
const tolerance = 1e-3;

/**
 * The gradients of the whole batch's loss, with the tape of one chunk at a time in memory:
 *
 * 1. all chunks run through the networks without a tape; their embeddings are kept;
 * 2. the loss of all embeddings, and its gradients ∂L/∂e for them (and for what the strategy learns);
 * 3. each chunk runs once more, with a tape; the gradient of Σ e ⊙ ∂L/∂e is its share of ∂L/∂θ, by the chain rule.
 *
 * Equal to the whole batch's within float32 rounding wherever a row's embedding does not depend on the other rows. Batch
 * norm in train mode does: it normalises each chunk by the chunk's own statistics ("ghost batch norm"), and this is the exact
 * gradient of that network.
 *
 * @throws StateError where the networks answer otherwise the second time.
 *
 * @see Gao et al. 2021, "Scaling Deep Contrastive Learning Batch Size under Memory Limited Setup"; Hoffer et al. 2017,
 * "Train longer, generalize better", algorithm 1
 */
export function chunkedGradients(work: StepWork, size: number, progress: StepProgress): Record<string, Tensor> {
  const { method, views, sampleIds, labels, step, variables } = work;
  const { made } = progress;
  const chunks = Array.from({ length: sampleIds.length / size }, (_, index) => index);
  const statistics = movingStatistics(method);
  const sums: (Tensor | undefined)[] = [];
  const parts: Embeddings[] = [];
  const drifts: Tensor[] = [];
  try {
    for (const index of chunks) parts.push(statistics.during(true, () => embed(work, index, size)));
    const all = tidy(() => joined(parts));
    dispose(parts.flatMap(tensorsOf)); // copied: the second pass shall not hold them twice
    made.push(...tensorsOf(all));
    const outputs = { ...all, step, sampleIds, ...(labels && { labels }) };
    progress.outputs = outputs;

    const embeddings = trainedOf(all);
    const { value, grads } = engine().gradients(() => method.loss(outputs), [...embeddings, ...variables], undefined, true);
    made.push(value, ...existing(grads));
    const wanted: readonly (Tensor | null)[] = grads.slice(0, embeddings.length);
    addGradients(sums, grads.slice(embeddings.length)); // prototypes and the like: what the loss itself depends on
    readLoss(value, work, progress);

    const used = embeddings.flatMap((embedding, i) => (wanted[i] == null ? [] : [{ i, embedding, gradient: wanted[i] }]));
    if (used.length === 0) return byVariable(variables, sums);
    for (const index of chunks) {
      const gradients = statistics.during(false, () =>
        tidy(() => {
          const images = rowsOf(views, index, size);
          const before = rowsOf(used.map(({ embedding }) => embedding), index, size);
          const weights = rowsOf(used.map(({ gradient }) => gradient), index, size);
          const surrogate = (): Scalar => {
            const again = trainedOf(method.forward(images, 'train'));
            const now = used.map(({ i }) => again[i]!);
            drifts.push(keep(drift(now, before)));
            return addN(now.map((embedding, i) => sum(mul(embedding, weights[i]!))));
          };
          return engine().gradients(surrogate, [...variables], undefined, true).grads;
        }),
      );
      addGradients(sums, gradients);
      dispose(existing(gradients));
    }
    const apart = tidy(() => max(stack(drifts)).dataSync()[0]!);
    if (apart > tolerance) {
      throw new StateError(
        `${method.name}.forward`,
        `gave the same images other embeddings the second time (${apart.toPrecision(2)} of the largest value apart), and a step in chunks runs them twice.`,
        'Take what draws at random (dropout) out of the networks, or leave chunkSize out.',
      );
    }
    statistics.settle();
    return byVariable(variables, sums);
  } finally {
    made.push(...parts.flatMap(tensorsOf), ...existing(sums), ...drifts);
    statistics.end();
  }
}

/** What the networks and the momentum encoder make of a chunk, without a tape. */
const embed = ({ method, views }: StepWork, index: number, size: number): Embeddings =>
  tidy(() => {
    const images = rowsOf(views, index, size);
    const targets = method.targets?.(images);
    return embeddingsOf(method.forward(images, 'train'), targets);
  });

/** The largest distance between two passes, in parts of the largest value. */
const drift = (now: readonly Tensor[], before: readonly Tensor[]): Tensor =>
  max(stack(now.map((embedding, i) => div(max(abs(sub(embedding, before[i]!))), add(max(abs(before[i]!)), 1e-30)))));
