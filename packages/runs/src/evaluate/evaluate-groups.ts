/** Figures of evaluations by name, and runs that differ in nothing but their seed as one. */
import { type MeanAndDeviation, meanAndDeviation } from '@kindred/evaluation';
import type { PretrainSettings } from '../settings/pretrain-settings.js';
import type { Evaluation } from './evaluate-run.js';
import type { EvaluationRow } from './evaluate-subject.js';

/** One number of a row. */
export interface Figure {
  /** `kNN, 600 labels`. */
  readonly label: string;
  readonly value: number;
  /** Over draws of the labels; absent where there is none. */
  readonly deviation?: number;
  /** A share of 0..1, shown as percent. */
  readonly share: boolean;
}

/** The figures of a row, in the order of the probes. */
export function figuresOf(row: EvaluationRow): Figure[] {
  const { results, sgd, fineTune = [], retrieval, clustering, labelFree } = row;
  const share = (label: string, value: number | undefined): Figure[] => (value === undefined ? [] : [{ label, value, share: true }]);
  const number = (label: string, value: number | undefined): Figure[] => (value === undefined ? [] : [{ label, value, share: false }]);
  const epochs = (label: string, figures: NonNullable<typeof sgd>): Figure[] => [
    ...share(`${label}, last epoch`, figures.last.accuracy),
    ...share(`${label}, best epoch by images set aside`, figures.best?.accuracy),
  ];
  return [
    ...results.flatMap(({ labels, knn, linear }) =>
      Object.entries({ kNN: knn, linear }).flatMap(([name, accuracy]) => {
        if (accuracy === undefined) return [];
        const { mean: value, deviation } = accuracy;
        return [{ label: `${name}, ${labels.toLocaleString('en')} labels`, value, share: true, ...(deviation > 0 && { deviation }) }];
      }),
    ),
    ...(sgd ? epochs('linear by SGD', sgd) : []),
    ...fineTune.flatMap((figures) => epochs(`fine-tuned on ${figures.labels.toLocaleString('en')} labels`, figures)),
    ...(retrieval
      ? [
          ...Object.entries(retrieval).flatMap(([name, value]) => (name.startsWith('recallAt') ? share(`recall@${name.slice(8)}`, value) : [])),
          ...share('mAP@R', retrieval.mapAtR),
          ...share('precision@R', retrieval.precisionAtR),
        ]
      : []),
    ...share('NMI of k-means', clustering?.nmi),
    ...(labelFree
      ? [
          ...share('neighbour purity', labelFree.neighborPurity),
          ...number('RankMe', labelFree.rankMe),
          ...number('participation ratio', labelFree.participationRatio),
          ...number('deviation of a dimension', labelFree.perDimensionDeviation),
          ...number('uniformity', labelFree.uniformity),
          ...number('alignment of views', labelFree.alignment),
          ...number('cosine of two views', labelFree.similarities?.positive.mean),
          ...number("cosine of two images' views", labelFree.similarities?.negative.mean),
        ]
      : []),
  ];
}

/** Runs that differ in nothing but their seed (and name, and where their images lay). */
export interface RunGroup {
  /** What their names have in common, or their method's name. */
  readonly name: string;
  readonly runs: readonly string[];
  readonly seeds: readonly number[];
  /** Over the runs, in the order of the probes; those on other data named by them. */
  readonly figures: readonly GroupFigure[];
}

/** A figure over several runs. */
export interface GroupFigure extends MeanAndDeviation {
  readonly label: string;
  readonly share: boolean;
}

/**
 * Puts evaluated runs together that differ only in their seed. A run alone is a group, too, of deviation 0. Figures that not
 * all runs of a group have are left out.
 */
export function groupRuns(evaluated: readonly { readonly settings: PretrainSettings; readonly evaluation: Evaluation }[]): RunGroup[] {
  const groups = new Map<string, (typeof evaluated)[number][]>();
  for (const each of evaluated) {
    const key = JSON.stringify({ ...each.settings, name: '', seed: 0, data: { ...each.settings.data, root: undefined } });
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  return [...groups.values()].map((members) => {
    const each = members.map(({ evaluation }) => ownFigures(evaluation));
    const figures = each[0]!.flatMap(({ label, share }) => {
      const values = each.flatMap((list) => list.find((figure) => figure.label === label)?.value ?? []);
      return values.length === members.length ? [{ label, share, ...meanAndDeviation(values) }] : [];
    });
    return {
      name: commonName(members.map(({ settings }) => settings)),
      runs: members.map(({ settings }) => settings.name),
      seeds: members.map(({ settings }) => settings.seed),
      figures,
    };
  });
}

/** The figures of the run itself, on its own data and on others. */
function ownFigures({ run, rows, transfer = [] }: Evaluation): Figure[] {
  const own = (list: readonly EvaluationRow[]): Figure[] => list.filter(({ name }) => name === run).flatMap(figuresOf);
  return [...own(rows), ...transfer.flatMap(({ data, rows: there }) => own(there).map((figure) => ({ ...figure, label: `${data}: ${figure.label}` })))];
}

function commonName(members: readonly PretrainSettings[]): string {
  const [first, ...others] = members.map(({ name }) => name);
  const length = others.reduce((shared, name) => {
    const differs = [...first!].findIndex((letter, i) => letter !== name[i]);
    return Math.min(shared, differs < 0 ? first!.length : differs);
  }, first!.length);
  const common = others.length === 0 ? first! : first!.slice(0, length).replace(/[-_. ]*(seed)?[-_. ]*$/, '');
  return common === '' ? members[0]!.method.name : common;
}
