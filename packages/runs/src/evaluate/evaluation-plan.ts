/** Determines, before any work, what can be measured on given images. */
import { DataError, type ImageDataset } from '@kindred/core';
import type { EvaluationSettings, ProbeName } from '../settings/evaluation-settings.js';
import type { EvaluationData } from './evaluate-data.js';

/** An evaluation as it will be made. */
export interface EvaluationPlan {
  /** The settings, without what cannot be measured. */
  readonly settings: EvaluationSettings;
  /** What was left out or is done otherwise than asked, and why: sentences. */
  readonly notes: readonly string[];
}

/** Probes that learn classes from training images and tell those of test images. */
const classifiers: readonly ProbeName[] = ['knn', 'linear', 'sgd', 'fine-tune'];
/** Probes that look at the classes of test images. */
const grouping: readonly ProbeName[] = ['retrieval', 'clustering'];

/**
 * Plans an evaluation: all that can be measured is, and what cannot is named.
 *
 * @throws DataError if a part is empty, or nothing of what was asked for can be measured.
 */
export function planEvaluation(data: EvaluationData, asked: EvaluationSettings): EvaluationPlan {
  const { train, test } = data;
  for (const { name, size } of [train, test]) if (size === 0) throw new DataError(name, 'is empty.', 'An evaluation needs training and test images.');
  const notes: string[] = [];
  let { probes } = asked;
  const without = (of: readonly ProbeName[], why: string | undefined): void => {
    const gone = probes.filter((probe) => of.includes(probe));
    if (why === undefined || gone.length === 0) return;
    probes = probes.filter((probe) => !of.includes(probe));
    notes.push(`${gone.join(', ')} left out: ${why}`);
  };
  without(classifiers, noClasses(train) ?? noClasses(test) ?? strangers(data));
  without(grouping, noClasses(test));

  const shares = smallShares(train);
  const fractions = asked.fractions.filter((fraction) => !shares.none(fraction));
  const fineTune = asked.fineTune.filter(({ fraction }) => !shares.none(fraction));
  const tooFew = (fraction: number): string => `${percent(fraction)} of the labels left out: less than one image a class of ${train.name}, whose largest has ${shares.largest}`;
  if (probes.includes('knn') || probes.includes('linear')) {
    notes.push(...asked.fractions.filter(shares.none).map((fraction) => `kNN and linear probe with ${tooFew(fraction)}`));
    if (fractions.length === 0) probes = probes.filter((probe) => probe !== 'knn' && probe !== 'linear');
  }
  if (probes.includes('linear') && asked.regularization.length > 1) {
    const single = fractions.filter(shares.single);
    notes.push(...single.map((fraction) => `linear probe with ${percent(fraction)} of the labels: one image a class leaves none to choose the regularization by, a default is taken`));
  }
  if (probes.includes('fine-tune')) {
    notes.push(...asked.fineTune.filter(({ fraction }) => shares.none(fraction)).map(({ fraction }) => `fine-tuning with ${tooFew(fraction)}`));
    if (fineTune.length === 0) probes = probes.filter((probe) => probe !== 'fine-tune');
    notes.push(...fineTune.filter(({ fraction, heldOut }) => heldOut > 0 && shares.single(fraction)).map(({ fraction }) => `fine-tuning with ${percent(fraction)} of the labels: one image a class leaves none to choose the epoch by, only the last one is measured`));
  }
  if (probes.includes('knn') && asked.k > train.size) notes.push(`kNN: all ${train.size} images of ${train.name} vote, as there are fewer than k = ${asked.k}`);

  const recallAt = asked.retrieval.recallAt.filter((k) => k < test.size);
  if (probes.includes('retrieval') && recallAt.length < asked.retrieval.recallAt.length) {
    notes.push(`recall@${asked.retrieval.recallAt.filter((k) => k >= test.size).join(', @')} left out: ${test.name} has ${test.size} images`);
  }
  if (recallAt.length === 0) without(['retrieval'], `${test.name} has no ${Math.min(...asked.retrieval.recallAt)} other images to search among`);
  const measured = Math.min(test.size, asked.labelFree.images);
  if (measured < 2) without(['label-free'], `they compare images, and ${test.name} has one`);
  const neighbors = Math.min(asked.labelFree.neighbors, measured - 1);
  if (probes.includes('label-free') && neighbors < asked.labelFree.neighbors) notes.push(`purity of neighbours: of ${neighbors}, as there are no more`);

  if (probes.length === 0) throw new DataError(train.name, `nothing can be measured. ${notes.join('. ')}.`, 'Evaluate on other images with --on, or ask for other probes: label-free needs no classes.');
  const settings = { ...asked, probes, fractions, fineTune, retrieval: { ...asked.retrieval, recallAt }, labelFree: { ...asked.labelFree, neighbors } };
  return { settings, notes };
}

/** Why there is nothing to tell apart; undefined if there is. */
function noClasses(dataset: ImageDataset): string | undefined {
  const known = new Set(dataset.labels?.filter((label) => label >= 0));
  if (known.size === 0) return `${dataset.name} has no labels`;
  return known.size > 1 ? undefined : `${dataset.name} has one class only, ${classOf(dataset, [...known][0]!)}`;
}

/** Why what was learned of the training images cannot tell the test images; undefined if it can. */
function strangers({ train, test }: EvaluationData): string | undefined {
  const known = new Set(train.labels);
  const strange = [...new Set(test.labels)].filter((label) => !known.has(label));
  if (strange.length === 0) return undefined;
  const names = strange.slice(0, 3).map((label) => classOf(test, label));
  return `${test.name} has classes that ${train.name} lacks (${names.join(', ')}${strange.length > 3 ? `, and ${strange.length - 3} more` : ''})`;
}

/** Which shares of the labels give less than one label per class, and which exactly one. */
function smallShares({ labels = new Int32Array() }: ImageDataset): { readonly largest: number; none(fraction: number): boolean; single(fraction: number): boolean } {
  const sizes = new Map<number, number>();
  for (const label of labels) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  const largest = Math.max(0, ...sizes.values());
  return { largest, none: (fraction) => Math.round(largest * fraction) < 1, single: (fraction) => Math.round(largest * fraction) === 1 };
}

const percent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;
const classOf = ({ classes }: ImageDataset, label: number): string => classes?.[label] ?? String(label);
