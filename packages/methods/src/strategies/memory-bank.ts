/** The last projection of every sample of a dataset. */
import { ArgumentError, checkNames, checkValue, DivergenceError, type Stateful } from '@kindred/core';

/** Rows by sample, outside of the backend: the bank of ImageNet is 655 MB, and is read once an epoch. */
export interface MemoryBank extends Stateful {
  /**
   * Stores rows of length 1.
   * @param rows `[N, D]`, row-major. @throws ArgumentError for a sample that is not in the dataset, DivergenceError for NaN or ∞.
   */
  store(sampleIds: Int32Array, rows: Float32Array): void;
  /** All filled rows and the samples they belong to, in the order of the samples. */
  entries(): { rows: Float32Array; sampleIds: Int32Array };
}

/** A bank for `samples` rows of `dimension`, none of them filled. */
export function memoryBank(samples: number, dimension: number): MemoryBank {
  const rows = new Float32Array(samples * dimension);
  const has = new Int32Array(samples);
  return {
    store(sampleIds, given) {
      const stray = sampleIds.find((id) => !(id >= 0 && id < samples));
      if (stray !== undefined) {
        throw new ArgumentError('clusterMemory.sampleIds', `numbers of 0..${samples - 1}, the samples`, stray, "Set samples to the dataset's size.");
      }
      if (!given.every(Number.isFinite)) {
        throw new DivergenceError('clusterMemory', 'the projections hold NaN or ∞.', 'Lower the learning rate.');
      }
      sampleIds.forEach((id, i) => {
        rows.set(given.subarray(i * dimension, (i + 1) * dimension), id * dimension);
        has[id] = 1;
      });
    },
    entries() {
      const sampleIds = Int32Array.from(has.keys()).filter((id) => has[id] === 1);
      if (sampleIds.length === samples) return { rows, sampleIds };
      const some = new Float32Array(sampleIds.length * dimension);
      sampleIds.forEach((id, i) => some.set(rows.subarray(id * dimension, (id + 1) * dimension), i * dimension));
      return { rows: some, sampleIds };
    },
    state: () => ({
      rows: { shape: [samples, dimension], values: rows.slice() },
      has: { shape: [samples], values: has.slice() },
    }),
    check(state) {
      checkNames('clusterMemory.check', state, ['rows', 'has']);
      const saved = checkValue('clusterMemory.check.rows', state['rows'], [samples, dimension]);
      const which = checkValue('clusterMemory.check.has', state['has'], [samples]);
      return () => {
        rows.set(saved.values);
        has.set(which.values);
      };
    },
    dispose: () => undefined,
  };
}
