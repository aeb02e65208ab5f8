/** The images that an evaluation is made on: opened, and brought to an encoder's shape. */
import type { EncoderInput, ImageDataset } from '@kindred/core';
import { subset } from '@kindred/datasets';
import { type DatasetSettings, openDataset } from '@kindred/datasets/node';
import { type AdaptedImages, adaptImages } from '@kindred/evaluation';

/** Images with labels to learn from, and others to be judged by. */
export interface EvaluationData {
  readonly train: ImageDataset;
  readonly test: ImageDataset;
}

/** Data brought to an encoder's shape. */
export interface AdaptedData extends EvaluationData {
  /** What happens to every image, in words; empty where nothing does. */
  readonly changes: readonly string[];
}

/** Opens the labelled part of a dataset, for which a run may have been trained on another. */
export async function openLabelled(settings: DatasetSettings): Promise<EvaluationData> {
  // of STL-10 most runs are trained on the unlabelled part
  const source = settings.name === 'stl-10' ? ({ ...settings, train: 'train' } as const) : settings;
  return { train: labelled(await openDataset(source, 'train')), test: labelled(await openDataset(source, 'test')) };
}

/** The images that have a class, where some have none. */
function labelled(dataset: ImageDataset): ImageDataset {
  const { labels } = dataset;
  if (labels === undefined || !labels.some((label) => label < 0) || labels.every((label) => label < 0)) return dataset;
  return subset(dataset, [...labels.keys()].filter((row) => labels[row]! >= 0), `${dataset.name}, labelled`);
}

/** Brings both parts to what an encoder expects. @throws ArgumentError */
export function adaptData({ train, test }: EvaluationData, input: EncoderInput): AdaptedData {
  const [one, other] = [train, test].map((images) => adaptImages(images, input)) as [AdaptedImages, AdaptedImages];
  return { train: one.dataset, test: other.dataset, changes: [...new Set([...one.changes, ...other.changes])] };
}
