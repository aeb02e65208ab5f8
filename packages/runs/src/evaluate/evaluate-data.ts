/** The images that an evaluation is made on: opened, checked before any work, and brought to an encoder's shape. */
import { DataError, type UniformImageDataset, SettingsError } from '@kindred/core';
import { subset } from '@kindred/datasets';
import { type DatasetSettings, openDataset } from '@kindred/datasets/node';
import { adaptImages } from '@kindred/evaluation';
import { aligned } from '../settings/explain.js';
import type { EvaluationSettings, ProbeName } from '../settings/evaluation-settings.js';

/** Images with labels to learn from, and others to be judged by. */
export interface EvaluationData {
  readonly train: UniformImageDataset;
  readonly test: UniformImageDataset;
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
function labelled(dataset: UniformImageDataset): UniformImageDataset {
  const { labels } = dataset;
  if (labels === undefined || !labels.some((label) => label < 0) || labels.every((label) => label < 0)) return dataset;
  return subset(dataset, [...labels.keys()].filter((row) => labels[row]! >= 0), `${dataset.name}, labelled`);
}

/** The probes that know classes. */
const supervised = new Set<ProbeName>(['knn', 'linear', 'sgd', 'fine-tune', 'retrieval', 'clustering']);

/**
 * Checks that data can be evaluated on: nothing is computed before.
 *
 * @throws DataError for images without labels or of one class, an empty part, classes that only test images have. SettingsError for settings
 * that ask for more neighbours or labels than there are.
 */
export function checkEvaluation({ train, test }: EvaluationData, settings: EvaluationSettings): void {
  for (const { name, size } of [train, test]) if (size === 0) throw new DataError(name, 'is empty.', 'An evaluation needs training and test images.');
  const needing = settings.probes.filter((probe) => supervised.has(probe));
  if (needing.length > 0) {
    for (const { name, labels } of [train, test]) {
      if (labels === undefined || labels.every((label) => label < 0)) {
        throw new DataError(name, `has no labels, which ${needing.join(', ')} need${needing.length === 1 ? 's' : ''}.`, 'Evaluate on labelled images with --on, or only --probes label-free.');
      }
    }
    const known = new Set(train.labels);
    if (known.size === 1) throw new DataError(train.name, `has one class only, ${classOf(train, [...known][0]!)}.`, 'Probes tell classes apart: give two or more.');
    const strange = [...new Set(test.labels)].filter((label) => !known.has(label));
    if (strange.length > 0) {
      const names = strange.slice(0, 3).map((label) => classOf(test, label));
      throw new DataError(test.name, `has classes that ${train.name} lacks: ${names.join(', ')}${strange.length > 3 ? `, ... (${strange.length})` : ''}.`, 'Take both from the same dataset.');
    }
  }
  const problems = countProblems({ train, test }, settings);
  if (problems.length > 0) throw new SettingsError('evaluate', aligned(problems));
}

/** Settings that ask for more images than there are: at each its path. */
function countProblems({ train, test }: EvaluationData, settings: EvaluationSettings): [path: string, text: string][] {
  const { probes, k, fractions, regularization, fineTune, retrieval, labelFree } = settings;
  const asked = (probe: ProbeName): boolean => probes.includes(probe);
  const problems: [path: string, text: string][] = [];
  const expect = (needed: boolean, path: string, most: number, what: string, received: number): void => {
    if (needed && received > most) problems.push([path, `expected at most ${most}, ${what}, received ${received}`]);
  };
  expect(asked('knn'), 'k', train.size, `the images of ${train.name}`, k);
  expect(asked('retrieval'), 'retrieval.recallAt', test.size - 1, `the other images of ${test.name}`, Math.max(...retrieval.recallAt));
  expect(asked('label-free'), 'labelFree.neighbors', Math.min(test.size, labelFree.images) - 1, 'the other images that are measured', labelFree.neighbors);
  const single = (fraction: number): boolean => largestClass(train.labels!) * fraction < 1.5;
  fractions.forEach((fraction, i) => {
    if (asked('linear') && regularization.length > 1 && single(fraction)) {
      problems.push([`fractions.${i}`, `leaves one label a class of ${train.name}, by which no regularization can be chosen, received ${fraction}. Raise it or give one regularization`]);
    }
  });
  fineTune.forEach(({ fraction, heldOut }, i) => {
    if (asked('fine-tune') && heldOut > 0 && single(fraction)) {
      problems.push([`fineTune.${i}.fraction`, `leaves one label a class of ${train.name}, none to choose the epoch by, received ${fraction}. Raise it or set heldOut to 0`]);
    }
  });
  return problems;
}

function largestClass(labels: Int32Array): number {
  const sizes = new Map<number, number>();
  for (const label of labels) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  return Math.max(...sizes.values());
}

const classOf = ({ classes }: UniformImageDataset, label: number): string => classes?.[label] ?? String(label);

/** Brings both parts to the shape that a run was trained on. @throws ArgumentError */
export function adaptData({ train, test }: EvaluationData, imageShape: UniformImageDataset['imageShape']): AdaptedData {
  const [one, other] = [adaptImages(train, imageShape), adaptImages(test, imageShape)];
  return { train: one.dataset, test: other.dataset, changes: [...new Set([...one.changes, ...other.changes])] };
}
