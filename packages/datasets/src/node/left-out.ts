/** What a reader skips: counted, and named by a few examples. */

/** Files or members that were skipped for one reason. */
export interface LeftOutGroup {
  /** Completes "3 files ...": `have another ending`. */
  readonly reason: string;
  readonly count: number;
  /** The first few of them. */
  readonly examples: readonly string[];
}

/** Everything that a reader skipped when it listed a folder or shards. */
export interface LeftOut {
  /** The folder or pattern. */
  readonly place: string;
  readonly groups: readonly LeftOutGroup[];
}

/** Called once for each dataset that skips something. */
export type OnLeftOut = (leftOut: LeftOut) => void;

const shown = 3;

/** Reasons that need nobody's attention. */
export const ordinary = 'have a hidden name, or one that systems give to files of their own';

/** Collects what is skipped, by reason. */
export interface LeftOutTally {
  add(reason: string, name: string): void;
  /** Adds groups that were collected before. */
  join(groups: readonly LeftOutGroup[], prefix: string): void;
  groups(): LeftOutGroup[];
}

export function leftOutTally(): LeftOutTally {
  const found = new Map<string, { count: number; examples: string[] }>();
  const groupOf = (reason: string): { count: number; examples: string[] } => {
    const group = found.get(reason) ?? { count: 0, examples: [] };
    found.set(reason, group);
    return group;
  };
  return {
    add(reason, name) {
      const group = groupOf(reason);
      group.count++;
      if (group.examples.length < shown) group.examples.push(name);
    },
    join(groups, prefix) {
      for (const { reason, count, examples } of groups) {
        const group = groupOf(reason);
        group.count += count;
        group.examples.push(...examples.map((name) => prefix + name).slice(0, shown - group.examples.length));
      }
    },
    groups: () => [...found].map(([reason, { count, examples }]) => ({ reason, count, examples })),
  };
}

/** Reports what was skipped; by default as a warning of the process, unless all of it is ordinary. */
export function tellLeftOut(place: string, groups: readonly LeftOutGroup[], onLeftOut: OnLeftOut | undefined): void {
  if (groups.length === 0) return;
  if (onLeftOut !== undefined) {
    onLeftOut({ place, groups });
    return;
  }
  const notable = groups.filter(({ reason }) => reason !== ordinary);
  if (notable.length === 0) return;
  const text = notable.map(({ reason, count, examples }) => `${count} ${reason} (${examples.join(', ')}${count > examples.length ? ', ...' : ''})`);
  process.emitWarning(`${place}: ${text.join('; ')}.`, 'LeftOut');
}
