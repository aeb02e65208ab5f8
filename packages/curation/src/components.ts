/** Connected components: sets that are merged pair by pair. */

/** Disjoint sets of the numbers 0..N−1. */
export interface Components {
  /** Merges the sets of two numbers. */
  join(a: number, b: number): void;
  /** All sets, each in ascending order, sorted by their first members. */
  groups(): Int32Array[];
}

/**
 * Union-find with path halving. The lower root wins, so that each set is represented by its smallest member.
 *
 * @see Tarjan & van Leeuwen 1984, "Worst-case analysis of set union algorithms"
 */
export function components(count: number): Components {
  const parent = Int32Array.from({ length: count }, (_, i) => i);
  const find = (of: number): number => {
    let at = of;
    while (parent[at] !== at) at = parent[at] = parent[parent[at]!]!;
    return at;
  };
  return {
    join(a, b) {
      const [x, y] = [find(a), find(b)];
      parent[Math.max(x, y)] = Math.min(x, y);
    },
    groups() {
      const members = new Map<number, number[]>();
      for (let i = 0; i < count; i++) {
        const root = find(i);
        const known = members.get(root);
        if (known === undefined) members.set(root, [i]);
        else known.push(i);
      }
      return [...members.values()].map((list) => Int32Array.from(list));
    },
  };
}
