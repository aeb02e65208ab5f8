/** Checks settings against their data: whatever can be known before the first step is reported before it. */
import { SettingsError, type ImageDataset } from '@kindred/core';
import { aligned } from '../settings/explain.js';
import { type PretrainSettings, viewsOf } from '../settings/pretrain-settings.js';

type Problem = readonly [path: string, text: string];

/** @throws SettingsError with all settings that the data do not fit. */
export function checkFit(settings: PretrainSettings, dataset: ImageDataset): void {
  const problems = [images, sizes, labels].flatMap((check) => check(settings, dataset));
  if (problems.length > 0) throw new SettingsError(settings.name, aligned(problems));
}

/** Images of varying sizes get one size by the crop of each view. */
function images({ views, viewSize }: PretrainSettings, { name, imageShape }: ImageDataset): Problem[] {
  if (imageShape !== undefined) return [];
  return [
    ...(viewSize === undefined ? [['viewSize', `expected [height, width], as the images of ${name} keep their own sizes`] as const] : []),
    ...viewsOf(views).flatMap(({ crop }, i): Problem[] =>
      crop === undefined ? [[`views.${i}.crop`, `expected a crop, as the images of ${name} keep their own sizes. Add one, or set data.imageSize`]] : []),
  ];
}

function sizes({ batchSize, method }: PretrainSettings, { name, size }: ImageDataset): Problem[] {
  const clusters = method.name === 'deepcluster-v2' ? method.clusters : [];
  return [
    ...(batchSize > size ? [['batchSize', `expected at most ${size}, the images of ${name}, received ${batchSize}`] as const] : []),
    ...clusters.flatMap((count, i): Problem[] => (count <= size ? [] : [[`method.clusters.${i}`, `expected at most ${size}, the images of ${name}, received ${count}`]])),
  ];
}

/** Methods that learn from classes. */
function labels({ method }: PretrainSettings, { name, labels: classes }: ImageDataset): Problem[] {
  const needed = method.name === 'supcon' || method.name === 'supervised' || (method.name === 'triplet' && method.labels);
  if (!needed) return [];
  const at = method.name === 'triplet' ? 'method.labels' : 'method.name';
  const known = new Set(classes?.filter((label) => label >= 0));
  if (known.size === 0) return [[at, `${method.name} learns from classes, and ${name} has none. Take labelled images, or another method`]];
  if (known.size === 1) return [[at, `${method.name} tells classes apart, and ${name} has only one. Take images of two classes or more`]];
  if (method.name !== 'supervised') return [];
  const count = 1 + [...known].reduce((most, label) => Math.max(most, label), 0);
  return count <= method.classes ? [] : [['method.classes', `expected at least ${count}, as ${name} has class ${count - 1}, received ${method.classes}`]];
}
