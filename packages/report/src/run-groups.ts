/** Runs that repeat one another: the same settings, another seed. */
import type { ReportRun } from './report-data.js';

/** Runs of the same settings. */
export interface RunGroup {
  /** Places in `ReportData.runs`. */
  readonly members: readonly number[];
}

/**
 * Groups of runs that differ in their seed, and in nothing else but their name and where their data lay, in the order of their first
 * runs. Two runs with one seed are the same run twice, which says nothing about chance: the second forms its own group.
 */
export function groupsOf(runs: readonly Pick<ReportRun, 'settings' | 'data'>[]): RunGroup[] {
  const groups = new Map<string, number[]>();
  const seen = new Set<string>();
  runs.forEach(({ settings, data }, i) => {
    const { seed, data: source, ...rest } = settings as Readonly<Record<string, unknown>>;
    const alike = canonical({ ...rest, name: undefined, data: data ?? source });
    const run = canonical({ alike, seed });
    const key = seen.has(run) ? `${run} ${i}` : alike;
    seen.add(run);
    groups.set(key, [...(groups.get(key) ?? []), i]);
  });
  return [...groups.values()].map((members) => ({ members }));
}

/** JSON with sorted keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
