/** Findings among images, as records for a file and as groups for a page. */
import { clusters, nearDuplicates, outliers, selectDiverse, selectTypical, selectUncertain } from '@kindred/curation';
import type { Watched } from '@kindred/evaluation';
import type { NamedFeatures } from './named-features.js';

/** Images in groups, the noteworthy first, and a record for each. */
export interface Curation {
  readonly title: string;
  /** What was found, in a sentence or two. */
  readonly summary: string;
  /** One for each image that was found; all have the same keys. */
  readonly records: readonly Readonly<Record<string, string | number>>[];
  /** What a page shows of them. */
  readonly groups: readonly CurationGroup[];
}

/** A group of images of a page. */
export interface CurationGroup {
  readonly title: string;
  readonly note?: string;
  readonly images: readonly { readonly row: number; readonly note: string }[];
}

/** The most images that a page shows, and of a cluster. */
const [most, typical] = [2000, 24];

export interface FindDuplicatesOptions extends Watched {
  /** Cosine from which two images are near-duplicates, above −1 and at most 1. */
  readonly threshold: number;
}

/**
 * Near-duplicates as groups (`nearDuplicates` of curation). Records: group, name, similarity with the nearest of the group, and whether it is
 * the one to keep: the first of its group.
 *
 * @example
 * const images = { features: { values: Float32Array.of(1, 0, 0, 1, 1, 0.01), dimension: 2 }, names: ['a.jpg', 'b.jpg', 'c.jpg'] };
 * (await findDuplicates(images, { threshold: 0.99 })).records.map(({ name, keep }) => `${name} ${keep}`); // => ['a.jpg yes', 'c.jpg no']
 */
export async function findDuplicates({ features, names }: NamedFeatures, { threshold, ...watched }: FindDuplicatesOptions): Promise<Curation> {
  const { groups } = await nearDuplicates({ features, threshold, ...watched });
  const copies = groups.reduce((sum, { rows }) => sum + rows.length - 1, 0);
  return {
    title: 'Near-duplicates',
    summary:
      groups.length === 0
        ? `No two of ${counted(names.length, 'image')} have a cosine of ${threshold} or more.`
        : `${counted(groups.length, 'group')} of images with a cosine of ${threshold} or more; ${counted(copies, 'image')} of ${number(names.length)} could go if one of each group is kept.`,
    records: groups.flatMap(({ rows, similarities }, group) =>
      [...rows].map((row, i) => ({ group: group + 1, name: names[row]!, similarity: rounded(similarities[i]!), keep: i === 0 ? 'yes' : 'no' })),
    ),
    groups: upTo(
      groups.map(({ rows, similarities }, group) => ({
        title: `Group ${group + 1}`,
        images: [...rows].map((row, i) => ({ row, note: `${similarities[i]!.toFixed(4)} ${names[row]!}` })),
      })),
    ),
  };
}

export interface FindClustersOptions extends Watched {
  /** How many clusters, 1..N. */
  readonly count: number;
  /** Determines the starts. */
  readonly seed: number;
}

/**
 * Images in clusters (`clusters` of curation). Records: cluster, rank from the centre outwards, name, similarity with the centre.
 *
 * @example
 * const images = { features: { values: Float32Array.of(1, 0, 0, 1, 1, 0.01), dimension: 2 }, names: ['a.jpg', 'b.jpg', 'c.jpg'] };
 * (await findClusters(images, { count: 2, seed: 1 })).groups.map((group) => group.images.length); // => [2, 1]
 */
export async function findClusters({ features, names }: NamedFeatures, { count, seed, ...watched }: FindClustersOptions): Promise<Curation> {
  const { clusters: found } = await clusters({ features, count, seed, restarts: 1, ...watched });
  return {
    title: 'Clusters',
    summary: `${counted(names.length, 'image')} in ${counted(found.length, 'cluster')}; of each the ${typical} images nearest to its centre.`,
    records: found.flatMap(({ rows, similarities }, cluster) =>
      [...rows].map((row, i) => ({ cluster: cluster + 1, rank: i + 1, name: names[row]!, similarity: rounded(similarities[i]!) })),
    ),
    groups: upTo(
      found.map(({ rows, similarities }, cluster) => ({
        title: `Cluster ${cluster + 1}`,
        note: counted(rows.length, 'image'),
        images: [...rows.slice(0, typical)].map((row, i) => ({ row, note: `${similarities[i]!.toFixed(3)} ${names[row]!}` })),
      })),
    ),
  };
}

export interface FindOutliersOptions extends Watched {
  /** Neighbours, 1..N−1. */
  readonly k: number;
  readonly by: 'distance' | 'local';
  /** How many to list, the furthest out first. */
  readonly count: number;
}

/**
 * Images unlike all others (`outliers` of curation). Records: rank, name, score.
 *
 * @example
 * const images = { features: { values: Float32Array.of(1, 0, 0, 1, 1, 0.01), dimension: 2 }, names: ['a.jpg', 'b.jpg', 'c.jpg'] };
 * (await findOutliers(images, { k: 1, by: 'distance', count: 1 })).records[0]!.name === 'b.jpg'; // => true
 */
export async function findOutliers({ features, names }: NamedFeatures, { k, by, count, ...watched }: FindOutliersOptions): Promise<Curation> {
  const { scores, order } = await outliers({ features, k, by, ...watched });
  const measure = by === 'distance' ? `the distance to neighbour ${k}` : `the local outlier factor of ${k} neighbours`;
  const rows = order.slice(0, count);
  return ranked('Outliers', `The ${number(rows.length)} of ${counted(names.length, 'image')} furthest out, by ${measure}.`, names, rows, (row) => scores[row]!);
}

/** How images are selected. */
export type SelectionBy = 'diverse' | 'k-means++' | 'typical' | 'margin' | 'entropy';

export interface SelectImagesOptions extends Watched {
  /** How many. */
  readonly count: number;
  readonly by: SelectionBy;
  /** The class of each image, by name, where it is known: `margin` and `entropy` need some, `diverse` and `k-means++` keep away from these. */
  readonly labels?: ReadonlyMap<string, string>;
  readonly seed: number;
}

/**
 * Images to look at or label first (`selectDiverse`, `selectTypical`, `selectUncertain` of curation). Records: rank, name, score, and by
 * uncertainty the likeliest class.
 *
 * @throws ArgumentError for labels of images that are not there, and whatever the selections refuse.
 *
 * @example
 * const images = { features: { values: Float32Array.of(1, 0, 0, 1, 1, 0.01), dimension: 2 }, names: ['a.jpg', 'b.jpg', 'c.jpg'] };
 * (await selectImages(images, { count: 1, by: 'diverse', labels: new Map([['a.jpg', 'x']]), seed: 1 })).records[0]!.name === 'b.jpg'; // => true
 */
export async function selectImages({ features, names }: NamedFeatures, options: SelectImagesOptions): Promise<Curation> {
  const { count, by, labels = new Map<string, string>(), seed, ...watched } = options;
  const classes = [...new Set(labels.values())].sort();
  const numbers = Int32Array.from(names, (name) => {
    const label = labels.get(name);
    return label === undefined ? -1 : classes.indexOf(label);
  });
  const known = [...numbers.keys()].filter((row) => numbers[row]! >= 0);
  const sentence = (what: string): string => `${number(count)} of ${counted(names.length, 'image')}: ${what}.`;
  if (by === 'typical') {
    const { rows, typicality } = await selectTypical({ features, count, seed, ...watched });
    return ranked('Typical images', sentence('those that stand for many others, clusters in turn'), names, rows, (_, i) => typicality[i]!);
  }
  if (by === 'margin' || by === 'entropy') {
    const { rows, uncertainty, predictions } = await selectUncertain({ features, labels: numbers, count, by });
    const what = `those that a classifier on ${counted(known.length, 'label')} is least sure of, by ${by}`;
    return ranked('Uncertain images', sentence(what), names, rows, (_, i) => uncertainty[i]!, (row) => ({ predicted: classes[predictions[row]!]! }));
  }
  const { rows, distances } = await selectDiverse({ features, count, by: by === 'diverse' ? 'farthest' : by, chosen: known, seed, ...watched });
  const what = by === 'diverse' ? 'each the farthest from those before it' : 'each drawn by its squared distance to those before it';
  return ranked('Diverse images', sentence(what), names, rows, (_, i) => distances[i]!);
}

function ranked(
  title: string,
  summary: string,
  names: readonly string[],
  rows: Int32Array,
  score: (row: number, i: number) => number,
  more: (row: number) => Record<string, string> = () => ({}),
): Curation {
  const scores = [...rows].map((row, i) => score(row, i));
  return {
    title,
    summary,
    records: [...rows].map((row, i) => ({ rank: i + 1, name: names[row]!, score: rounded(scores[i]!), ...more(row) })),
    groups: upTo([{ title, images: [...rows].map((row, i) => ({ row, note: [scores[i]!.toFixed(3), ...Object.values(more(row)), names[row]!].join(' ') })) }]),
  };
}

/** As many groups as a page can show; the file lists all. */
function upTo(groups: readonly CurationGroup[]): readonly CurationGroup[] {
  let left = most;
  return groups.flatMap((group) => {
    if (left <= 0) return [];
    const images = group.images.slice(0, left);
    left -= images.length;
    return [{ ...group, images }];
  });
}

const number = (value: number): string => value.toLocaleString('en');
const counted = (count: number, what: string): string => `${number(count)} ${what}${count === 1 ? '' : 's'}`;
/** Seven digits, as many as float32 has. */
const rounded = (value: number): number => Number(value.toPrecision(7));
