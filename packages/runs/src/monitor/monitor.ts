/** What is measured at intervals while a run trains, only on training images: kNN over time, and whether features collapse. */
import { type Communicator, type Encoder, type ImageDataset, oneRank } from '@kindred/core';
import { holdOut, subset } from '@kindred/datasets';
import { embed, type Features, knn, selectFeatures } from '@kindred/evaluation';
import type { PretrainSettings } from '../settings/pretrain-settings.js';
import { someLabelled } from '../some-images.js';
import { featureSpread, someRows } from './feature-spread.js';
import { type FollowedNeighbors, followNeighbors, rowsToFollow } from './followed-neighbors.js';
import { encoderInputOf, inputFor } from '../run/encoder-input.js';

/** What was measured at one time. */
export interface Measured {
  /** Figures by name; `knn` is the accuracy on images whose labels the vote does not know, 0..1. */
  readonly values: Readonly<Record<string, number>>;
  /** Absent where there are too few images. */
  readonly neighbors?: FollowedNeighbors;
}

/** Measures an encoder as it is. */
export interface Monitor {
  /** Whether to measure after this many steps: at every interval, and at the end. */
  due(step: number): boolean;
  measure(encoder: Encoder): Promise<Measured>;
}

/** Images per step of embedding. */
const batchSize = 250;
/** Rows of which all pairs are compared. */
const pairs = 1000;

/**
 * The monitor that a run's settings ask for; undefined if they ask for none.
 *
 * @param communicator Ranks that share the embedding of the images, all of which measure after the same steps.
 */
export function monitorOf(settings: PretrainSettings, dataset: ImageDataset, stepsPerEpoch: number, communicator: Communicator = oneRank()): Monitor | undefined {
  const { monitor, seed, epochs } = settings;
  if (monitor === undefined) return undefined;
  const through = inputFor(encoderInputOf(settings, dataset), dataset);
  const interval = Math.max(1, monitor.everyEpochs * stepsPerEpoch);
  const total = epochs * stepsPerEpoch;
  const sampleIds = someLabelled(dataset, monitor.images, seed) ?? some(dataset.size, monitor.images, seed);
  const chosen = subset(dataset, sampleIds);
  const parts = votersOf(chosen.labels, seed);
  const followed = rowsToFollow(chosen.size, chosen.labels, parts);

  return {
    due: (step) => step === total || (total - step >= interval / 2 && step === Math.round(Math.round(step / interval) * interval)),
    async measure(encoder) {
      const features = await embed(encoder, chosen, { batchSize, communicator, ...through });
      const vote = parts && (await accuracy(features, parts, monitor));
      const { uniformity, perDimensionDeviation: deviation, participationRatio } = featureSpread(someRows(features, pairs));
      return {
        values: { ...(vote !== undefined && { knn: vote }), uniformity, deviation, participationRatio },
        ...(followed && { neighbors: await followNeighbors(features, followed, sampleIds) }),
      };
    },
  };
}

/** A random choice of samples, the same for the same seed. */
const some = (size: number, count: number, seed: number): Int32Array =>
  count >= size ? Int32Array.from({ length: size }, (_, i) => i) : holdOut(size, count / size, seed).held;

/** Those who vote and those who are classified; undefined if there are no two classes, or none has a second image to be classified. */
function votersOf(labels: Int32Array | undefined, seed: number): ReturnType<typeof holdOut> | undefined {
  const sizes = new Map<number, number>();
  for (const label of labels ?? []) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  return sizes.size > 1 && !sizes.has(-1) && Math.max(...sizes.values()) > 1 ? holdOut(labels!, 0.2, seed) : undefined;
}

async function accuracy(
  features: Features,
  { rest, held }: { readonly rest: Int32Array; readonly held: Int32Array },
  { k, temperature }: NonNullable<PretrainSettings['monitor']>,
): Promise<number> {
  const [train, test] = [selectFeatures(features, rest), selectFeatures(features, held)];
  const result = await knn({ train, test, k: Math.min(k, rest.length), temperature, similarity: 'cosine', weighting: 'exponential' });
  return result.accuracy;
}
