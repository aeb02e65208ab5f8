/** A part of the labelled rows set aside, to choose a setting by. */
import { random } from '@kindred/core';

/** Two parts, row numbers ascending. */
export interface Split {
  readonly kept: Int32Array;
  readonly heldOut: Int32Array;
}

/**
 * Sets a fifth of every class aside, drawn by seed: rounded, at least one row where a class has two or more, never all.
 *
 * @param labels The class of every row.
 */
export function holdOut(labels: Int32Array, seed: number): Split {
  const byClass = new Map<number, number[]>();
  labels.forEach((label, row) => {
    const rows = byClass.get(label);
    if (rows === undefined) byClass.set(label, [row]);
    else rows.push(row);
  });
  const aside = new Uint8Array(labels.length);
  for (const [label, rows] of byClass) {
    const count = rows.length < 2 ? 0 : Math.max(1, Math.round(rows.length / 5));
    const order = random(seed).fork('held-out', label).permutation(rows.length);
    for (const place of order.subarray(0, count)) aside[rows[place]!] = 1;
  }
  const rows = Int32Array.from(labels.keys());
  return { kept: rows.filter((row) => aside[row] === 0), heldOut: rows.filter((row) => aside[row] === 1) };
}
