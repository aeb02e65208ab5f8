/** The figures of an `evaluation.json`, whatever it holds: every number with the names on the way to it. */
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

/** Numbers that say how something was measured, not what came out. */
const circumstances = new Set(
  'step seed k temperature fraction labels draws images samples dimension classes epochs iterations train test count size version format regularization settings data run deviation'.split(' '),
);
const shares = /knn|linear|accuracy|top ?\d|recall|precision|purity|nmi|map\b|mapatr|map@|tune|share|probe/i;

/**
 * Every figure of an evaluation. A pair `{ mean, deviation }` is one figure; entries of a list are told apart by their
 * `name`, their `data` or their count of `labels`; settings and circumstances are passed over.
 */
export function measuresOf(evaluation: unknown, run: string): Measure[] {
  const { rows, ...rest } = isObject(evaluation) ? evaluation : {};
  const ofRows = (Array.isArray(rows) ? rows : []).flatMap((row: unknown) =>
    isObject(row) ? walk({ ...row, name: undefined }, [], [], typeof row['name'] === 'string' ? row['name'] : run) : [],
  );
  return [...ofRows, ...walk(rest, [], [], run)];
}

function walk(value: unknown, names: readonly string[], tags: readonly string[], of: string): Measure[] {
  if (typeof value === 'number') return Number.isFinite(value) ? [measure(value, undefined, names, tags, of)] : [];
  if (Array.isArray(value)) {
    return value.flatMap((item) => (isObject(item) ? walk(item, names, [...tags, ...tagOf(item)], of) : []));
  }
  if (!isObject(value)) return [];
  if (typeof value['mean'] === 'number') {
    const deviation = typeof value['deviation'] === 'number' && value['deviation'] > 0 ? value['deviation'] : undefined;
    return [measure(value['mean'], deviation, names, tags, of)];
  }
  return Object.entries(value).flatMap(([name, inner]) =>
    circumstances.has(name) && !isObject(inner) ? [] : name === 'settings' || name === 'data' ? [] : walk(inner, name === 'results' ? names : [...names, name], tags, of),
  );
}

function measure(value: number, deviation: number | undefined, names: readonly string[], tags: readonly string[], of: string): Measure {
  const name = names.map((each, i) => (i === 0 ? shown(each) : shown(each).toLowerCase())).join(' ');
  const share = shares.test(name) && value >= 0 && value <= 1;
  return { label: [name, ...tags].filter(Boolean).join(', '), of, value, share, ...(deviation !== undefined && { deviation }) };
}

const known: Readonly<Record<string, string>> = { knn: 'kNN', nmi: 'NMI', mAP: 'mAP', rankMe: 'RankMe' };
const shown = (name: string): string => known[name] ?? words(name);

function tagOf(item: Readonly<Record<string, unknown>>): string[] {
  const { name, data, labels, fraction } = item;
  return [
    ...(typeof name === 'string' ? [name] : []),
    ...(typeof data === 'string' ? [data] : []),
    ...(typeof labels === 'number' ? [`${labels.toLocaleString('en')} labels`] : typeof fraction === 'number' ? [`${100 * fraction} % of labels`] : []),
  ];
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
