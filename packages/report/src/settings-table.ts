/** Flattened settings: one line for each value, the same lines for every run. */
import { rounded } from './format.js';

/** One setting in every run; `undefined` if a run has none of that name. */
export interface SettingLine {
  /** `method.supportSet.capacity` */
  readonly path: string;
  readonly values: readonly (string | undefined)[];
  /** Whether runs differ in it. */
  readonly differs: boolean;
}

/** The settings of all runs, line by line, in the order of the first run that has them. */
export function settingLines(settings: readonly unknown[]): SettingLine[] {
  const flat = settings.map((each) => new Map(flatten(each)));
  const paths = new Set(flat.flatMap((each) => [...each.keys()]));
  return [...paths].map((path) => {
    const values = flat.map((each) => each.get(path));
    return { path, values, differs: new Set(values).size > 1 };
  });
}

/** The values of nested JSON by their paths. Lists of plain values stay together. */
export function flatten(value: unknown, path = ''): [path: string, value: string][] {
  if (Array.isArray(value) && value.some((item) => typeof item === 'object' && item !== null)) {
    return value.flatMap((item, i) => flatten(item, `${path}[${i}]`));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return path === '' ? [] : [[path, plain(value)]];
  return Object.entries(value).flatMap(([name, inner]) => flatten(inner, path === '' ? name : `${path}.${name}`));
}

const plain = (value: unknown): string => {
  if (Array.isArray(value)) return value.map(plain).join(', ');
  if (typeof value === 'number') return `${rounded(value, 6)}`; // 1.33333, not all the digits of 4/3
  return typeof value === 'string' ? value : JSON.stringify(value);
};

/** A value deep in JSON: `valueAt(settings, 'method', 'name')`. */
export function valueAt(json: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((at, name) => (typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[name] : undefined), json);
}
