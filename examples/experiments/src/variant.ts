/** One row of an experiment: settings that are trained with several seeds. */
import { checkSettings, PretrainSettings } from '@kindred/runs';
import type * as z from 'zod';
import { budgetOf, methodAt } from './budgets.js';

/** What a run is set to, as written. */
export type Settings = z.input<typeof PretrainSettings>;
/** All settings but those that a row and a seed decide. */
export type Budget = Omit<Settings, 'name' | 'seed' | 'method'>;
export type MethodName = Settings['method']['name'];
/** The papers' settings, for a graphics card, or some minutes on two cores. */
export type Scale = 'small' | 'full';
export type DataName = 'cifar-10' | 'fashion-mnist' | 'mnist';

/** One row of an experiment. Rows of several experiments with the same label are the same runs. */
export interface Variant {
  /** `cifar-10-nnclr`; names the run folders. */
  readonly label: string;
  readonly settings: Omit<Settings, 'name' | 'seed'>;
}

/** What a row changes in the shared settings. */
export interface Change {
  /** Appended to the label. */
  readonly label?: string;
  readonly method?: Partial<Record<string, unknown>>;
  readonly views?: Settings['views'];
  /** What an experiment sets for all of its rows, or a row of a search for itself. */
  readonly budget?: Partial<Budget>;
}

/** A method on a data set at a scale, with what the row changes. */
export function variant(scale: Scale, data: DataName, method: MethodName, { label, method: own, views, budget }: Change = {}): Variant {
  const base = { ...budgetOf(scale, data), ...methodAt(scale, method), ...budget };
  return {
    label: [data, method, ...(label === undefined ? [] : [label])].join('-'),
    settings: { ...base, ...(views !== undefined && { views }), method: { ...base.method, ...own } as Settings['method'] },
  };
}

/** The settings of one run of a row, checked. */
export const settingsOf = ({ label, settings }: Variant, seed: number, data?: Settings['data']): PretrainSettings =>
  checkSettings(label, PretrainSettings, { ...settings, ...(data && { data }), name: `${label}-seed-${seed}`, seed });
