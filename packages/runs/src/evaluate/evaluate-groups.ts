/** Runs that differ in nothing but their seed, as one. */
import { type Figure, meanAndDeviation } from '@kindred/evaluation';
import type { PretrainSettings } from '../settings/pretrain-settings.js';
import type { Evaluation } from './evaluate-run.js';
import type { EvaluationRow } from './evaluate-subject.js';
import { figuresOf } from './figures-of.js';

/** Runs that differ in their seed, and in nothing else but their name and where their data lay. */
export interface RunGroup {
  /** What their names have in common, or their method's name. */
  readonly name: string;
  readonly runs: readonly string[];
  readonly seeds: readonly number[];
  /**
   * Over the runs, in the order of the probes; those on other data are named by them. Of several runs each has a deviation, of one run
   * none.
   */
  readonly figures: readonly Figure[];
}

/**
 * Puts evaluated runs together that differ only in their seed: all settings, the data that they were trained and measured on, and what
 * was measured are the same. A run alone is a group, too; so is a second run of the same seed, which says nothing about chance. Figures
 * that not all runs of a group have are left out.
 */
export function groupRuns(evaluated: readonly { readonly settings: PretrainSettings; readonly evaluation: Evaluation }[]): RunGroup[] {
  const groups = new Map<string, (typeof evaluated)[number][]>();
  const seen = new Set<string>();
  for (const each of evaluated) {
    const { settings, evaluation } = each;
    const alike = JSON.stringify({ ...settings, name: '', seed: 0, data: [withoutPlace(settings.data), evaluation.data.fingerprint, evaluation.data.trainedOn], measured: evaluation.settings });
    const run = `${alike} ${settings.seed}`;
    const key = seen.has(run) ? `${run} ${settings.name} ${seen.size}` : alike;
    seen.add(run).add(key);
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  return [...groups.values()].map((members) => {
    const each = members.map(({ evaluation }) => ownFigures(evaluation));
    const figures = each[0]!.flatMap(({ deviation: _, ...figure }): Figure[] => {
      const values = each.flatMap((list) => list.find(({ key }) => key === figure.key)?.value ?? []);
      if (values.length < members.length) return [];
      const { mean, deviation } = meanAndDeviation(values);
      return [{ ...figure, value: mean, ...(members.length > 1 && { deviation }) }];
    });
    return {
      name: commonName(members.map(({ settings }) => settings)),
      runs: members.map(({ settings }) => settings.name),
      seeds: members.map(({ settings }) => settings.seed),
      figures,
    };
  });
}

/** What is said of data but for where they are: that the fingerprint knows better. */
function withoutPlace(data: PretrainSettings['data']): object {
  return { ...data, root: undefined, download: undefined, shards: undefined, train: undefined, test: undefined };
}

/** The figures of the run itself, on its own data and on others. */
function ownFigures({ run, rows, transfer = [] }: Evaluation): Figure[] {
  const own = (list: readonly EvaluationRow[]): Figure[] => list.filter(({ name }) => name === run).flatMap(figuresOf);
  const on = (data: string, { key, label, ...rest }: Figure): Figure => ({ key: `${data}: ${key}`, label: `${data}: ${label}`, ...rest });
  return [...own(rows), ...transfer.flatMap(({ data, rows: there }) => own(there).map((figure) => on(data, figure)))];
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
