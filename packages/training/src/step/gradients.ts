/** The phases of a step up to the backward pass, in one pass through the networks or in two. */
import { StateError } from '@kindred/core';
import { abs, add, dispose, div, keep, max, type Scalar, stack, sub, type Tensor, tidy } from '@tensorflow/tfjs-core';
import { accumulation } from './accumulation.js';
import { backward } from './backward.js';
import { type Embeddings, joined, rowsOf, tensorsOf, trainedOf } from './chunks.js';
import { embed, viewsOf } from './embed.js';
import { exchange, ownRows } from './exchange.js';
import { gradientSums } from './gradient-sums.js';
import { lossGradients } from './loss.js';
import type { MovingStatistics } from './moving-statistics.js';
import { keeping, type StepGradients, type StepProgress, type StepWork } from './work.js';

/** How far apart, of the largest value, the two passes may be: far above rounding, far below a dropped unit. */
const tolerance = 1e-3;

/**
 * The loss, and this rank's part of its gradients for all parameters. Each rank's part comes from its own rows; their sum is the
 * gradient of the whole batch's loss.
 */
export function stepGradients<Input extends Tensor>(work: StepWork<Input>, progress: StepProgress, statistics: MovingStatistics): StepGradients {
  if (work.accumulated) return accumulation(work, progress, statistics);
  return (work.chunks === 1 ? onePass : twoPasses)(work, progress, statistics);
}

/** Exchange and loss of embeddings: notes outputs and loss, and returns the loss's gradients for this rank's rows. */
function wholeLoss<Input extends Tensor>(work: StepWork<Input>, embeddings: Embeddings, progress: StepProgress) {
  const { communicator } = work;
  const kept = keeping(progress);
  const outputs = exchange(work, embeddings);
  tensorsOf(outputs).forEach(kept);
  progress.outputs = outputs;
  const { value, embeddings: wanted, variables } = lossGradients(work, outputs);
  return {
    loss: kept(value),
    wanted: wanted.map((gradient) => gradient && ownRows(communicator, gradient)),
    // every rank has the full gradient of what the loss itself learns: count it once
    direct: { gradients: variables, scale: communicator.rank === 0 ? 1 : 0 },
  };
}

/** The whole batch of a rank at once: the tape is kept while the loss is computed. */
function onePass<Input extends Tensor>(work: StepWork<Input>, progress: StepProgress, statistics: MovingStatistics): StepGradients {
  const kept = keeping(progress);
  const sums = gradientSums();
  let loss: Scalar | undefined;
  try {
    statistics.during(true, () =>
      tidy(() => {
        const targets = work.method.targets?.(work.views);
        const through = backward(work, work.views, (embeddings) => {
          const whole = wholeLoss(work, { ...embeddings, ...(targets && { targets }) }, progress);
          loss = whole.loss;
          sums.add(whole.direct.gradients, whole.direct.scale);
          return whole.wanted;
        });
        sums.add(through);
      }),
    );
    return { loss: loss!, gradients: sums.values().map((sum) => sum && kept(sum)) };
  } catch (error) {
    sums.dispose();
    throw error;
  }
}

/**
 * The tape of one chunk at a time in memory:
 *
 * 1. all chunks run through the networks without a tape; their embeddings are kept;
 * 2. the loss of all embeddings, and its gradients ∂L/∂e for them (and for what the strategy learns);
 * 3. each chunk runs once more, with a tape, and goes back from ∂L/∂e.
 *
 * Equal to the whole batch's gradients within float32 rounding if no row's embedding depends on the other rows. In batch norm
 * it does: each chunk is normalised by its own statistics ("ghost batch norm"), and this is the exact gradient of that network.
 *
 * @throws StateError if the networks give other outputs the second time.
 *
 * @see Gao et al. 2021, "Scaling Deep Contrastive Learning Batch Size under Memory Limited Setup"; Hoffer et al. 2017,
 * "Train longer, generalize better", algorithm 1
 */
function twoPasses<Input extends Tensor>(work: StepWork<Input>, progress: StepProgress, statistics: MovingStatistics): StepGradients {
  const { method, chunks, chunkSize } = work;
  const kept = keeping(progress);
  const sums = gradientSums();
  const parts: Embeddings[] = [];
  const drifts: Tensor[] = [];
  let freed = false;
  try {
    for (let chunk = 0; chunk < chunks; chunk++) parts.push(statistics.during(true, () => embed(work, chunk)));
    const all = tidy(() => joined(parts));
    tensorsOf(all).forEach(kept);
    dispose(parts.flatMap(tensorsOf)); // copied: the second pass shall not hold them twice
    freed = true;
    let loss: Scalar | undefined;
    let wanted: readonly (Tensor | null)[] = [];
    tidy(() => {
      const whole = wholeLoss(work, all, progress);
      sums.add(whole.direct.gradients, whole.direct.scale);
      loss = whole.loss;
      wanted = whole.wanted.map((gradient) => gradient && kept(gradient));
    });
    const first = trainedOf(all);
    if (wanted.some((gradient) => gradient != null)) {
      for (let chunk = 0; chunk < chunks; chunk++) {
        statistics.during(false, () =>
          tidy(() => {
            const through = backward(work, viewsOf(work, chunk), (again) => {
              const used = trainedOf(again).flatMap((embedding, i) => (wanted[i] == null ? [] : [[embedding, rowsOf([first[i]!], chunk, chunkSize)[0]!] as const]));
              drifts.push(keep(drift(used)));
              return wanted.map((gradient) => gradient && rowsOf([gradient], chunk, chunkSize)[0]!);
            });
            sums.add(through);
          }),
        );
      }
      const apart = tidy(() => max(stack(drifts)).dataSync()[0]!);
      if (apart > tolerance) {
        throw new StateError(
          `${method.name}.forward`,
          `gave the same inputs other embeddings the second time (${apart.toPrecision(2)} of the largest value apart), and a step in chunks runs them twice.`,
          'Take what draws at random (dropout) out of the networks, or leave chunkSize out.',
        );
      }
    }
    return { loss: loss!, gradients: sums.values().map((sum) => sum && kept(sum)) };
  } catch (error) {
    sums.dispose();
    throw error;
  } finally {
    if (!freed) dispose(parts.flatMap(tensorsOf));
    dispose(drifts);
  }
}

/** The largest difference between two passes, relative to the largest value. */
const drift = (pairs: readonly (readonly [now: Tensor, before: Tensor])[]): Tensor =>
  max(stack(pairs.map(([now, before]) => div(max(abs(sub(now, before))), add(max(abs(before)), 1e-30)))));
