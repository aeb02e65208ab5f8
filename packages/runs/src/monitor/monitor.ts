/** What is measured now and then while a run trains, on training images alone: kNN over time, and whether features collapse. */
import type { Encoder, UniformImageDataset } from '@kindred/core';
import { holdOut, labelledFraction, subset } from '@kindred/datasets';
import { embed, type Features, knn, selectFeatures } from '@kindred/evaluation';
import type { PretrainSettings } from '../settings/pretrain-settings.js';
import { featureSpread, someRows } from './feature-spread.js';
import { prepareFor } from '../run/prepare.js';

/** Measures an encoder as it is. */
export interface Monitor {
  /** Whether it is time after so many steps: at every interval, and at the end. */
  due(step: number): boolean;
  /** Figures by name; `knn` is the accuracy on images whose labels the vote does not know, 0..1. */
  measure(encoder: Encoder): Promise<Readonly<Record<string, number>>>;
}

/** Images a step of embedding. */
const batchSize = 250;
/** Rows of which all pairs are compared. */
const pairs = 1000;

/** The monitor that a run's settings ask for; undefined where they ask for none. */
export function monitorOf(settings: PretrainSettings, dataset: UniformImageDataset, stepsPerEpoch: number): Monitor | undefined {
  const { monitor, seed, epochs } = settings;
  if (monitor === undefined) return undefined;
  const interval = Math.max(1, monitor.everyEpochs * stepsPerEpoch);
  const total = epochs * stepsPerEpoch;
  const chosen = subset(dataset, someImages(dataset, monitor.images, seed));
  const { labels } = chosen;
  const known = labels !== undefined && new Set(labels).size > 1 && labels.every((label) => label >= 0);
  const parts = known ? holdOut(labels, 0.2, seed) : undefined;

  return {
    due: (step) => step === total || (total - step >= interval / 2 && step === Math.round(Math.round(step / interval) * interval)),
    async measure(encoder) {
      const features = await embed(encoder, chosen, { batchSize, ...prepareFor(settings) });
      const vote = parts && (await accuracy(features, parts, monitor));
      const { uniformity, perDimensionDeviation: deviation, participationRatio } = featureSpread(someRows(features, pairs));
      return { ...(vote !== undefined && { knn: vote }), uniformity, deviation, participationRatio };
    },
  };
}

/** So many images, class-balanced where classes are known, the same for a seed. */
function someImages({ size, labels }: UniformImageDataset, images: number, seed: number): Int32Array {
  if (images >= size) return Int32Array.from({ length: size }, (_, i) => i);
  return labels?.some((label) => label >= 0) ? labelledFraction(labels, images / size, seed) : holdOut(size, images / size, seed).held;
}

async function accuracy(
  features: Features,
  { rest, held }: { readonly rest: Int32Array; readonly held: Int32Array },
  { k, temperature }: NonNullable<PretrainSettings['monitor']>,
): Promise<number> {
  const classes = 1 + features.labels!.reduce((most, label) => Math.max(most, label), 0);
  const [train, test] = [selectFeatures(features, rest), selectFeatures(features, held)];
  const result = await knn({ train, test, k: Math.min(k, rest.length), temperature, similarity: 'cosine', weighting: 'exponential', classes });
  return result.accuracy;
}
