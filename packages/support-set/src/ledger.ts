/** What is known about each row, and statistics of the lookups. */
import type { RecordOptions, SearchResult, SupportSetEntries } from './contract.js';

/** Which sample, class and `enqueue` call each row comes from, and how often it has been chosen. */
export interface Ledger {
  readonly sampleIds: Int32Array;
  readonly labels: Int32Array;
  /** The number of the call that wrote the row, from 1; 0 for none. */
  readonly writtenBy: Int32Array;
  readonly hits: Int32Array;
}

export function makeLedger(capacity: number): Ledger {
  return {
    sampleIds: new Int32Array(capacity).fill(-1),
    labels: new Int32Array(capacity).fill(-1),
    writtenBy: new Int32Array(capacity),
    hits: new Int32Array(capacity),
  };
}

/** The rows of each sample, for queries that must not find them. */
export function rowsBySample(ledger: Ledger, filled: number, sampleIds: Int32Array): Map<number, number[]> {
  const wanted = new Set(sampleIds);
  const found = new Map<number, number[]>();
  for (let row = 0; row < filled; row++) {
    const id = ledger.sampleIds[row]!;
    if (!wanted.has(id) || ledger.writtenBy[row] === 0) continue;
    const rows = found.get(id);
    if (rows === undefined) found.set(id, [row]);
    else rows.push(row);
  }
  return found;
}

export function entriesOf(ledger: Ledger, filled: number, calls: number): SupportSetEntries {
  return {
    sampleIds: ledger.sampleIds.slice(0, filled),
    labels: ledger.labels.slice(0, filled),
    ages: ledger.writtenBy.slice(0, filled).map((call) => (call === 0 ? 0 : calls - call + 1)),
    hits: ledger.hits.slice(0, filled),
  };
}

/** Totals over lookups. */
export interface Tally {
  add(result: SearchResult, queries: RecordOptions, calls: number): void;
  numbers(filled: number): Record<string, number>;
}

/** Counts lookups and marks the rows that they chose in `ledger`. */
export function tally(ledger: Ledger): Tally {
  let [neighbors, similarity, written, age] = [0, 0, 0, 0];
  let [compared, alike, identified, self] = [0, 0, 0, 0];
  const distinct = new Set<number>();
  return {
    add({ k, indices, similarities }, { sampleIds, labels }, calls) {
      indices.forEach((row, at) => {
        const query = Math.floor(at / k);
        neighbors++;
        similarity += similarities[at]!;
        distinct.add(row);
        ledger.hits[row]!++;
        if (sampleIds !== undefined) identified++;
        const call = ledger.writtenBy[row]!;
        if (call === 0) return;
        written++;
        age += calls - call + 1;
        if (sampleIds?.[query] === ledger.sampleIds[row]) self++;
        if (labels !== undefined && labels[query]! >= 0 && ledger.labels[row]! >= 0) {
          compared++;
          if (labels[query] === ledger.labels[row]) alike++;
        }
      });
    },
    numbers(filled) {
      if (neighbors === 0) return {};
      return {
        neighborSimilarity: similarity / neighbors,
        ...(written > 0 ? { neighborAge: age / written } : {}),
        ...(compared > 0 ? { neighborPurity: alike / compared } : {}),
        ...(identified > 0 ? { selfHits: self / identified } : {}),
        distinctNeighbors: distinct.size,
        randomNeighbors: 1 - written / neighbors,
        usedShare: ledger.hits.subarray(0, filled).reduce((used, hits) => used + (hits > 0 ? 1 : 0), 0) / filled,
      };
    },
  };
}
