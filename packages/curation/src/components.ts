/** Connected components: sets that are joined pair by pair. */

/** Disjoint sets of the numbers 0..N−1. */
export interface Components {
  /** Makes the sets of both one. */
  join(a: number, b: number): void;
  /** All sets, each ascending, in the order of their first members. */
  groups(): Int32Array[];
}

/**
 * Union-find with path halving; the lower root wins, so that a set is known by its least member.
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
