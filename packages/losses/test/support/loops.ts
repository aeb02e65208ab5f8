/** Every loss as loops over numbers in float64, from the formulas of the papers: shares nothing with the code under test. */

export type Rows = readonly (readonly number[])[];

/** Anchors, positives, and negatives where there are some. */
export interface Numbers {
  readonly anchors: Rows;
  readonly positives: Rows;
  readonly negatives?: Rows;
  /** Two for each anchor, those of anchor i at 2i and 2i + 1. */
  readonly own?: Rows;
  /** Further views. */
  readonly third?: Rows;
  readonly fourth?: Rows;
  readonly labels?: readonly number[];
}

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
const average = (values: readonly number[]): number => total(values) / values.length;
const dot = (a: readonly number[], b: readonly number[]): number => total(a.map((value, d) => value * b[d]!));
const column = (rows: Rows, d: number): number[] => rows.map((row) => row[d]!);
const squared = (a: readonly number[], b: readonly number[]): number => total(a.map((value, d) => (value - b[d]!) ** 2));

function unit(row: readonly number[]): number[] {
  const length = Math.sqrt(dot(row, row));
  return row.map((value) => value / length);
}

export const cosine = (a: readonly number[], b: readonly number[]): number => dot(unit(a), unit(b));

const ownOf = (own: Rows | undefined, i: number): Rows => own?.slice(2 * i, 2 * i + 2) ?? [];

export function infoNCE({ anchors, positives, negatives, own: hard }: Numbers, temperature: number): number {
  return average(
    anchors.map((anchor, i) => {
      const own = Math.exp(cosine(anchor, positives[i]!) / temperature);
      const candidates = [...(negatives ?? positives.filter((_, j) => j !== i)), ...ownOf(hard, i)];
      return -Math.log(own / (own + total(candidates.map((row) => Math.exp(cosine(anchor, row) / temperature)))));
    }),
  );
}

export function infoNCEBoth({ anchors, positives }: Numbers, temperature: number): number {
  const there = infoNCE({ anchors, positives }, temperature);
  return (there + infoNCE({ anchors: positives, positives: anchors }, temperature)) / 2;
}

/** All rows, view by view. */
const viewRows = ({ anchors, positives, third = [], fourth = [] }: Numbers): Rows => [...anchors, ...positives, ...third, ...fourth];

/** All 2N rows, and the number of each one's other view. */
function views(numbers: Numbers): { rows: Rows; partner: (i: number) => number } {
  return { rows: viewRows(numbers), partner: (i) => (i + numbers.anchors.length) % (2 * numbers.anchors.length) };
}

export function ntXent(numbers: Numbers, temperature: number): number {
  const rows = viewRows(numbers);
  return average(
    rows.map((row, i) => {
      const others = total(rows.map((other, k) => (k === i ? 0 : Math.exp(cosine(row, other) / temperature))));
      const own = rows.filter((_, k) => k !== i && k % numbers.anchors.length === i % numbers.anchors.length);
      return average(own.map((other) => -Math.log(Math.exp(cosine(row, other) / temperature) / others)));
    }),
  );
}

/** `at`: where the weights are taken, which are constants. */
export function dcl(numbers: Numbers, temperature: number, sigma?: number, at: Numbers = numbers): number {
  const { rows, partner } = views(numbers);
  const size = numbers.anchors.length;
  const closeness = at.anchors.map((anchor, i) => (sigma === undefined ? 0 : Math.exp(cosine(anchor, at.positives[i]!) / sigma)));
  const weight = (i: number): number => 2 - (size * closeness[i % size]!) / total(closeness);
  return average(
    rows.map((row, i) => {
      const negatives = rows.filter((_, k) => k !== i && k !== partner(i));
      const pull = (sigma === undefined ? 1 : weight(i)) * (cosine(row, rows[partner(i)]!) / temperature);
      return -pull + Math.log(total(negatives.map((other) => Math.exp(cosine(row, other) / temperature))));
    }),
  );
}

export function supCon(numbers: Numbers, temperature: number): number {
  const rows = viewRows(numbers);
  const sample = (i: number): number => i % numbers.anchors.length;
  const label = (i: number): number => numbers.labels![sample(i)]!;
  return average(
    rows.map((row, i) => {
      const others = total(rows.map((other, k) => (k === i ? 0 : Math.exp(cosine(row, other) / temperature))));
      const positives = rows.filter((_, k) => k !== i && (sample(k) === sample(i) || (label(i) >= 0 && label(i) === label(k))));
      return average(positives.map((other) => -Math.log(Math.exp(cosine(row, other) / temperature) / others)));
    }),
  );
}

/** SupCon of one labelled set: rows without a positive do not count. */
export function supConOfOneSet(rows: Rows, labels: readonly number[], temperature: number): number {
  const terms = rows.flatMap((row, i) => {
    const others = total(rows.map((other, k) => (k === i ? 0 : Math.exp(cosine(row, other) / temperature))));
    const positives = rows.filter((_, k) => k !== i && labels[i]! >= 0 && labels[i] === labels[k]);
    return positives.length === 0 ? [] : [average(positives.map((other) => -Math.log(Math.exp(cosine(row, other) / temperature) / others)))];
  });
  return terms.length === 0 ? 0 : average(terms);
}

export function negativeCosine({ anchors, positives }: Numbers): number {
  return -average(anchors.map((anchor, i) => cosine(anchor, positives[i]!)));
}

export function barlowTwins({ anchors, positives }: Numbers, lambda: number): number {
  const standard = (rows: Rows): number[][] =>
    range(rows[0]!.length).map((d) => {
      const values = column(rows, d);
      const center = average(values);
      const variance = average(values.map((value) => (value - center) ** 2));
      return values.map((value) => (value - center) / Math.sqrt(variance + 1e-5));
    });
  const [a, p] = [standard(anchors), standard(positives)];
  return total(
    a.flatMap((one, d) =>
      p.map((other, e) => {
        const correlation = dot(one, other) / anchors.length;
        return d === e ? (1 - correlation) ** 2 : lambda * correlation ** 2;
      }),
    ),
  );
}

export function vicReg({ anchors, positives }: Numbers, invariance: number, variance: number, covariance: number): number {
  const dimension = anchors[0]!.length;
  const covary = (rows: Rows, d: number, e: number): number => {
    const [x, y] = [column(rows, d), column(rows, e)];
    return total(x.map((value, i) => (value - average(x)) * (y[i]! - average(y)))) / (rows.length - 1);
  };
  const narrow = (rows: Rows): number =>
    average(range(dimension).map((d) => Math.max(0, 1 - Math.sqrt(covary(rows, d, d) + 1e-4))));
  const shared = (rows: Rows): number =>
    total(range(dimension).flatMap((d) => range(dimension).map((e) => (d === e ? 0 : covary(rows, d, e) ** 2)))) / dimension;
  return (
    invariance * average(anchors.map((anchor, i) => squared(anchor, positives[i]!) / dimension)) +
    (variance * (narrow(anchors) + narrow(positives))) / 2 +
    covariance * (shared(anchors) + shared(positives))
  );
}

const distances = {
  euclidean: (a: readonly number[], b: readonly number[]) => Math.sqrt(squared(a, b)),
  'squared-euclidean': squared,
  cosine: (a: readonly number[], b: readonly number[]) => 1 - cosine(a, b),
};

export type Mining = 'allTriplets' | 'batchHard' | 'semiHard' | 'easyPositive, hardest' | 'easyPositive, semi-hard';

/** The mean over the triplets that the papers' rules pick, found by trying all. */
export function tripletMargin(
  { anchors, positives, negatives, own, labels }: Numbers,
  margin: number | 'soft' | { readonly soft: number },
  metric: keyof typeof distances,
  mining: Mining,
  { average: over = 'all', oneSet = false }: { readonly average?: 'all' | 'non-zero'; readonly oneSet?: boolean } = {},
): number {
  const distance = distances[metric];
  const cost = (gap: number): number =>
    typeof margin === 'number' ? Math.max(0, gap + margin) : Math.log(1 + Math.exp(gap + (margin === 'soft' ? 0 : margin.soft)));
  const alike = (i: number, j: number): boolean => i === j || (labels !== undefined && labels[i]! >= 0 && labels[i] === labels[j]);
  const costs = anchors.flatMap((anchor, i) => {
    const near = positives.filter((_, j) => alike(i, j) && !(oneSet && i === j)).map((row) => distance(anchor, row));
    const far = [...(negatives ?? positives.filter((_, j) => !alike(i, j))), ...ownOf(own, i)].map((row) => distance(anchor, row));
    if (far.length === 0 || near.length === 0) return [];
    const [easiest, hardest] = [Math.min(...near), Math.max(...near)];
    const semiHard = (from: number): number => {
      const farther = far.filter((other) => other > from);
      return farther.length > 0 ? Math.min(...farther) : Math.max(...far);
    };
    const chosen: Record<Mining, [number, number][]> = {
      allTriplets: near.flatMap((p) => far.map((n): [number, number] => [p, n])),
      batchHard: [[hardest, Math.min(...far)]],
      semiHard: near.map((p) => [p, semiHard(p)]),
      'easyPositive, hardest': [[easiest, Math.min(...far)]],
      'easyPositive, semi-hard': [[easiest, semiHard(easiest)]],
    };
    return chosen[mining].map(([p, n]) => cost(p - n));
  });
  const counted = over === 'all' ? costs : costs.filter((value) => value > 0);
  return counted.length === 0 ? 0 : average(counted);
}

export function alignmentUniformity({ anchors, positives }: Numbers, alpha: number, t: number, weight: number): number {
  const crowding = (rows: Rows): number => {
    const pairs = rows.flatMap((row, i) => rows.slice(i + 1).map((other) => Math.exp(-t * squared(unit(row), unit(other)))));
    return Math.log(average(pairs));
  };
  const alignment = average(anchors.map((anchor, i) => Math.sqrt(squared(unit(anchor), unit(positives[i]!))) ** alpha));
  return alignment + (weight * (crowding(anchors) + crowding(positives))) / 2;
}

/** `positives` are targets; `at` says which rows count. */
export function crossEntropy({ anchors, positives }: Numbers, temperature: number, at: Numbers): number {
  const rows = range(anchors.length).filter((i) => at.positives[i]!.some((target) => target !== 0));
  return average(
    rows.map((i) => {
      const exponentials = anchors[i]!.map((score) => Math.exp(score / temperature));
      return -total(positives[i]!.map((target, k) => target * Math.log(exponentials[k]! / total(exponentials))));
    }),
  );
}
