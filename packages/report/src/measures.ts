/** The figures of an `evaluation.json`, whatever it holds: every number, named by the names on the way to it. */
import { words } from './format.js';

/** One figure. */
export interface Measure {
  /** What was measured: `Linear, 600 labels`. */
  readonly label: string;
  /** Of what: the run's own name, or that of a baseline. */
  readonly of: string;
  readonly value: number;
  /** Over draws of the labels; absent where there is none. */
  readonly deviation?: number;
  /** A share of 0..1, shown as percent; more is better. */
  readonly share: boolean;
}

/** Figures whose words would be poor; the others are called by the words of their names. */
const known: Readonly<Record<string, string>> = {
  knn: 'kNN',
  'sgd.last.accuracy': 'Linear by SGD, last epoch',
  'sgd.last.heldOutAccuracy': 'Linear by SGD, last epoch, images set aside',
  'sgd.best.accuracy': 'Linear by SGD, best epoch by images set aside',
  'sgd.best.heldOutAccuracy': 'Linear by SGD, best epoch, images set aside',
  'fineTune.last.accuracy': 'Fine-tuned, last epoch',
  'fineTune.last.heldOutAccuracy': 'Fine-tuned, last epoch, images set aside',
  'fineTune.best.accuracy': 'Fine-tuned, best epoch by images set aside',
  'fineTune.best.heldOutAccuracy': 'Fine-tuned, best epoch, images set aside',
  'retrieval.mapAtR': 'mAP@R',
  'retrieval.precisionAtR': 'Precision@R',
  'clustering.nmi': 'NMI of k-means',
  'labelFree.neighborPurity': 'Neighbour purity',
  'labelFree.rankMe': 'RankMe',
  'labelFree.perDimensionDeviation': 'Deviation of a dimension',
  'labelFree.alignment': 'Alignment of views',
  'labelFree.similarities.positive': 'Cosine of two views',
  'labelFree.similarities.negative': "Cosine of two images' views",
};
/** Names that only hold others together. */
const holders = new Set(['results', 'rows', 'transfer', 'retrieval', 'clustering', 'labelFree']);
/** Numbers that say how something was measured, not what came out. */
const circumstances = new Set(
  'step epoch seed k temperature fraction labels draws images samples dimension classes epochs iterations count size version format regularization learningRate weightDecay'.split(' '),
);
/** What is not looked into. */
const passedOver = new Set(['settings', 'name']);
const shares = /knn|linear|accuracy|top ?\d|recall|precision|purity|nmi|map@|tuned|share|probe/i;

/**
 * Every figure of an evaluation. A pair `{ mean, deviation }` is one figure; entries of a list are told apart by their
 * `data` or their count of `labels`; an entry of `rows` has the figures of what it names. Settings and circumstances are
 * passed over.
 */
export function measuresOf(evaluation: unknown, run: string): Measure[] {
  return isObject(evaluation) ? walk(evaluation, { path: [], tags: [], of: run }) : [];
}

/** Where a walk through the file is. */
interface Place {
  readonly path: readonly string[];
  readonly tags: readonly string[];
  readonly of: string;
}

function walk(value: unknown, place: Place): Measure[] {
  if (typeof value === 'number') return Number.isFinite(value) ? [measure(value, undefined, place)] : [];
  if (Array.isArray(value)) return value.flatMap((item) => (isObject(item) ? walk(item, inEntry(item, place)) : []));
  if (!isObject(value)) return [];
  if (typeof value['mean'] === 'number') {
    const { deviation } = value;
    return [measure(value['mean'], typeof deviation === 'number' && deviation > 0 ? deviation : undefined, place)];
  }
  return Object.entries(value).flatMap(([name, inner]) =>
    passedOver.has(name) || (circumstances.has(name) && typeof inner === 'number') ? [] : walk(inner, { ...place, path: [...place.path, name] }),
  );
}

/** An entry of `rows` is of what it names; others have what tells them apart. */
function inEntry({ name, data, labels, fraction }: Readonly<Record<string, unknown>>, { path, tags, of }: Place): Place {
  if (path.at(-1) === 'rows') return { path: path.slice(0, -1), tags, of: typeof name === 'string' ? name : of };
  const own = [
    ...(typeof name === 'string' ? [name] : []),
    ...(typeof data === 'string' ? [data] : []),
    ...(typeof labels === 'number' ? [`${labels.toLocaleString('en')} labels`] : typeof fraction === 'number' ? [`${100 * fraction} % of labels`] : []),
  ];
  return { path, tags: [...tags, ...own], of };
}

function measure(value: number, deviation: number | undefined, { path, tags, of }: Place): Measure {
  // from the name of the probe on: what comes before holds it
  const from = path.findIndex((_, i) => known[path.slice(i).join('.')] !== undefined);
  const names = path.filter((name) => !holders.has(name)).map((name, i) => (i === 0 ? words(name) : words(name).toLowerCase()));
  const title = from >= 0 ? known[path.slice(from).join('.')]! : names.join(' ').replace(/ ?at ?(\d+)\b/, '@$1');
  const share = shares.test(title) && value >= 0 && value <= 1;
  return { label: [title, ...tags].join(', '), of, value, share, ...(deviation !== undefined && { deviation }) };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);
