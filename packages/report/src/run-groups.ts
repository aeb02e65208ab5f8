/** Runs that repeat one another: the same settings, another seed. */
import type { ReportRun } from './report-data.js';

/** Runs of the same settings. */
export interface RunGroup {
  /** Places in `ReportData.runs`. */
  readonly members: readonly number[];
}

/** Groups of runs that differ in nothing but name and seed, in the order of their first runs. */
export function groupsOf(runs: readonly Pick<ReportRun, 'settings'>[]): RunGroup[] {
  const groups = new Map<string, number[]>();
  runs.forEach(({ settings }, i) => {
    const key = canonical({ ...(settings as Record<string, unknown>), name: undefined, seed: undefined });
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
