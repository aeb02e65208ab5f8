/** The samples that a classifier is trained on, those that choose its epoch, and those that it is judged by. */
import { ArgumentError, type Dataset, type ImageDataset } from '@kindred/core';
import { holdOut, labelledFraction, subset } from '@kindred/datasets';
import { classPlaces } from './class-places.js';
import { checkLabels, checkSeveralClasses, classSizes } from './features.js';

/** What is split. */
export interface LabelledSamplesOptions<Batch> {
  readonly train: Dataset<Batch>;
  readonly test: Dataset<Batch>;
  /** The share of the training labels that is known, above 0 and at most 1, class-balanced; or a number of samples per class. */
  readonly labels: number | { readonly perClass: number };
  /** The share of those that is held out, 0 for none. */
  readonly heldOut: number;
  readonly seed: number;
  readonly classes: number | undefined;
  /** Whether images may have any sizes. */
  readonly anySize: boolean;
}

/** The parts. */
export interface LabelledSamples<Batch> {
  /** The samples to train on. */
  readonly kept: Dataset<Batch>;
  /** The samples that choose the epoch; undefined if nothing is held out, or if no class has a second sample to hold out. */
  readonly held: Dataset<Batch> | undefined;
  /** The samples of both, by their numbers in `train`, ascending. */
  readonly sampleIds: Int32Array;
  /** The classes of these samples, ascending: what the columns of a classifier stand for. */
  readonly classes: Int32Array;
  /** The columns of classes. */
  columnsOf(labels: Int32Array): Int32Array;
}

/**
 * Checks labels and splits; which samples are labelled follows from `seed` alone, as in `labelledFraction`.
 *
 * @throws ArgumentError for labels that are missing or of one class, an empty dataset, shares out of range.
 */
export function labelledSamples<Batch>(where: string, options: LabelledSamplesOptions<Batch>): LabelledSamples<Batch> {
  const { train, test, labels: share, heldOut, seed } = options;
  for (const [name, { size }] of Object.entries({ train, test })) {
    if (!(size > 0)) throw new ArgumentError(`${where}.${name}.size`, 'one sample or more', size, `${options[name as 'train'].name} is empty.`);
  }
  const [ofTrain, ofTest] = [train, test].map((dataset) => (dataset as Partial<ImageDataset>).imageShape);
  if (!options.anySize && ofTrain?.join() !== ofTest?.join()) {
    throw new ArgumentError(`${where}.test.imageShape`, `that of train, [${ofTrain?.join(', ')}]`, ofTest, 'Pass toInput, which brings all images to the size that the encoder expects.');
  }
  if (options.classes !== undefined && !(Number.isInteger(options.classes) && options.classes >= 2)) {
    throw new ArgumentError(`${where}.classes`, 'a whole number of 2 or more', options.classes);
  }
  if (!(heldOut >= 0 && heldOut < 1)) throw new ArgumentError(`${where}.heldOut`, 'a share of 0 or more and below 1', heldOut);
  if (train.labels === undefined) checkLabels(where, 'train', { labels: undefined }, Infinity);
  // samples without a class are skipped
  const sampleIds = labelledFraction(train.labels!, share, seed);
  const labels = sampleIds.map((id) => train.labels![id]!);
  checkLabels(where, 'train', { labels }, options.classes ?? Infinity);
  checkSeveralClasses(where, 'train', labels);
  checkLabels(where, 'test', test, options.classes ?? Infinity);
  const { classes } = classPlaces(labels);
  const columns = new Map(Array.from(classes, (label, column) => [label, column]));
  const same = { sampleIds, classes, columnsOf: (some: Int32Array) => some.map((label) => columns.get(label)!) };
  if (heldOut === 0 || Math.max(...classSizes(labels).values()) < 2) return { kept: subset(train, sampleIds), held: undefined, ...same };
  const { rest, held } = holdOut(labels, heldOut, seed);
  const part = (rows: Int32Array): Dataset<Batch> => subset(train, rows.map((row) => sampleIds[row]!));
  return { kept: part(rest), held: part(held), ...same };
}
