/** A first-in-first-out memory of embeddings with nearest-neighbour lookup. */
import {
  ArgumentError,
  checkNames,
  checkShapes,
  checkValue,
  checkWhole,
  count,
  DivergenceError,
  l2Normalize,
  type NamedTensors,
  readCount,
  readTensor,
  StateError,
  withoutGradient,
  writeRows,
} from '@kindred/core';
import { gather, keep, slice, sum, type Tensor2D, tensor1d, tensor2d, tidy, zeros } from '@tensorflow/tfjs-core';
import { checkLists, rowsPerAnswer, checkOptions } from './checks.js';
import type { NearestOptions, QueryOptions, SearchResult, SupportSet, SupportSetOptions } from './contract.js';
import { entriesOf, makeLedger, rowsBySample, tally } from './ledger.js';
import { mixNeighbors } from './neighbors.js';
import { randomRows } from './random-rows.js';
import { run, searchRows } from './search.js';

/**
 * A support set: the last K embeddings, and for a query the nearest of them. In NNCLR the neighbour takes the place of
 * the view; MoCo reads the rows as negatives.
 *
 * Rows are stored with length 1 in one tensor `[K, D]`, overwritten in place where the backend can. A lookup works
 * through blocks of rows, so that it never holds more than `maximumBytes` for scores. The order of a step is the
 * caller's: look up, compute the loss, then `enqueue`.
 *
 * @throws ArgumentError for sizes that are not whole numbers above 0, or random rows without `random`.
 *
 * @example
 * const support = supportSet({ capacity: 4, dimension: 2 });
 * support.enqueue(tf.tensor2d([[1, 0], [0, 2]]), Int32Array.of(7, 8)); // stored with length 1
 * support.nearest(tf.tensor2d([[0.1, 0.9]])).arraySync(); // => [[0, 1]]
 *
 * @see Dwibedi et al. 2021, "With a Little Help from My Friends", section 3; He et al. 2020, MoCo
 */
export function supportSet(options: SupportSetOptions): SupportSet {
  checkOptions(options);
  const { capacity, dimension, initial = 'empty', maximumBytes = 2 ** 24 } = options;
  const ledger = makeLedger(capacity);
  let store: Tensor2D | undefined = write(zeros([capacity, dimension]), initialRows());
  let cursor = 0; // the row that the next enqueue writes first
  let filled = initial === 'random' ? capacity : 0;
  let calls = 0; // of enqueue
  let numbers = tally(ledger);
  let recordedSinceEnqueue = true;

  function initialRows(): Float32Array | undefined {
    return initial === 'random' ? randomRows(options.random!.fork('support-set'), capacity, dimension) : undefined;
  }

  /** `target` with all rows replaced; its memory is never the array's. */
  function write(target: Tensor2D, values: Float32Array | undefined): Tensor2D {
    if (values === undefined) return keep(target);
    return overwrite(target, tensor2d(values, [capacity, dimension]), 0);
  }

  function overwrite(target: Tensor2D, values: Tensor2D, start: number): Tensor2D {
    const result = keep(writeRows(target, values, start));
    target.dispose();
    values.dispose();
    return result;
  }

  /** The rows, for a use that needs at least `k` of them. */
  function use(where: string, k = 0): Tensor2D {
    if (store === undefined) throw new StateError(where, 'the support set is disposed.', 'Make a new one.');
    if (filled < k || (k > 0 && filled === 0)) {
      const has = filled === 0 ? 'the support set is empty' : `the support set holds ${filled} rows`;
      throw new StateError(where, `${has}, at least ${k} needed.`, "Enqueue before, or start it with initial: 'random'.");
    }
    return store;
  }

  function checkRows(where: string, indices: Int32Array): void {
    const outside = indices.find((row) => !(row >= 0 && row < filled));
    if (outside !== undefined) throw new ArgumentError(where, `rows 0..${filled - 1}`, outside, 'Take them from search.');
  }

  function find(queries: Tensor2D, k: number, query: QueryOptions): SearchResult {
    const where = 'supportSet.search';
    checkShapes(where, { queries: [queries, `N ${dimension}`] }, 'Queries are as long as the rows.');
    const rows = use(where, k);
    const size = queries.shape[0];
    checkLists(where, size, { excludeSampleIds: query.excludeSampleIds });
    const excluded = new Map<number, readonly number[]>();
    if (query.excludeSampleIds !== undefined) {
      const bySample = rowsBySample(ledger, filled, query.excludeSampleIds);
      query.excludeSampleIds.forEach((id, i) => bySample.has(id) && excluded.set(i, bySample.get(id)!));
    }
    for (const [i, list] of excluded) {
      if (filled - list.length >= k) continue;
      const left = `query ${i} may take ${filled - list.length} of ${filled} rows, ${k} are needed.`;
      throw new StateError(where, left, 'Enqueue other samples before, or exclude none.');
    }
    const most = Math.max(1, Math.floor(maximumBytes / (4 * (size + dimension))));
    const blockRows = most > run ? most - (most % run) : most;
    const found = searchRows(l2Normalize(queries), rows, filled, k, blockRows, excluded);
    const result = { ...found, sampleIds: found.indices.map((row) => ledger.sampleIds[row]!) };
    return result;
  }

  return {
    capacity,
    dimension,
    get filled() {
      return filled;
    },
    enqueue(embeddings, sampleIds, labels) {
      const where = 'supportSet.enqueue';
      const target = use(where);
      checkShapes(where, { embeddings: [embeddings, `N ${dimension}`] }, 'Rows are as long as the set was made for.');
      const size = embeddings.shape[0];
      if (size === 0 || size > capacity) {
        const remedy = 'A batch must not overwrite itself: raise the capacity.';
        throw new ArgumentError(`${where}.embeddings`, `1..${capacity} rows, the capacity`, size, remedy);
      }
      checkLists(where, size, { sampleIds, labels });
      const values = tidy(() => l2Normalize(embeddings));
      const total = tidy(() => sum(values).dataSync()[0]!);
      if (Number.isNaN(total)) {
        values.dispose();
        throw new DivergenceError(where, 'the embeddings hold NaN or ∞.', 'Nothing was stored. Lower the learning rate.');
      }
      store = overwrite(target, values, cursor);
      calls++;
      for (let i = 0; i < size; i++) {
        const row = (cursor + i) % capacity;
        ledger.sampleIds[row] = sampleIds[i]!;
        ledger.labels[row] = labels?.[i] ?? -1;
        ledger.writtenBy[row] = calls;
        ledger.hits[row] = 0;
      }
      cursor = (cursor + size) % capacity;
      filled = Math.max(filled, Math.min(capacity, filled + size));
      recordedSinceEnqueue = false;
    },
    nearest(queries, given: NearestOptions = {}) {
      const { neighbors = { kind: 'top-1' }, onFound, ...query } = given;
      const k = rowsPerAnswer(neighbors);
      return withoutGradient(use('supportSet.nearest', k), (rows) => {
        const found = find(queries, k, query);
        onFound?.(found);
        return mixNeighbors(rows, found, neighbors);
      });
    },
    search(queries, { k = 1, ...query } = {}) {
      checkWhole('supportSet.search.k', k, 1);
      let result: SearchResult | undefined;
      withoutGradient(use('supportSet.search', k), (rows) => {
        result = find(queries, k, query);
        return slice(rows, [0, 0], [1, 1]);
      }).dispose();
      return result!;
    },
    answer(found, neighbors = { kind: 'top-1' }) {
      const rows = use('supportSet.answer');
      checkRows('supportSet.answer.found', found.indices);
      const k = rowsPerAnswer(neighbors);
      if (found.k !== k) throw new ArgumentError('supportSet.answer.found', `${k} rows a query`, found.k, 'Search with that k.');
      return withoutGradient(rows, () => mixNeighbors(rows, found, neighbors));
    },
    canAnswer(k, excludeSampleIds) {
      use('supportSet.canAnswer');
      if (filled < k || filled === 0) return false;
      if (excludeSampleIds === undefined) return true;
      const most = Math.max(0, ...[...rowsBySample(ledger, filled, excludeSampleIds).values()].map((rows) => rows.length));
      return filled - most >= k;
    },
    record(found, query = {}) {
      use('supportSet.record');
      checkLists('supportSet.record', found.indices.length / found.k, { sampleIds: query.sampleIds, labels: query.labels });
      if (!recordedSinceEnqueue) numbers = tally(ledger);
      recordedSinceEnqueue = true;
      numbers.add(found, query, calls);
    },
    gather(indices) {
      const rows = use('supportSet.gather');
      checkRows('supportSet.gather.indices', indices);
      return withoutGradient(rows, () => gather(rows, tensor1d(indices, 'int32')));
    },
    rows() {
      return slice(use('supportSet.rows', 1), [0, 0], [filled, dimension]);
    },
    entries: () => entriesOf(ledger, filled, calls),
    diagnostics: () => numbers.numbers(filled),
    state(): NamedTensors {
      return {
        rows: readTensor(use('supportSet.state')),
        ...Object.fromEntries(
          Object.entries(ledger).map(([name, values]) => [name, { shape: [capacity], values: values.slice() }]),
        ),
        cursor: count(cursor),
        filled: count(filled),
        calls: count(calls),
      };
    },
    check(state) {
      const where = 'supportSet.check';
      use(where);
      checkNames(where, state, ['rows', ...Object.keys(ledger), 'cursor', 'filled', 'calls']);
      const rows = checkValue(`${where}.rows`, state['rows'], [capacity, dimension]);
      const lists = Object.entries(ledger).map(
        ([name, list]) => [list, checkValue(`${where}.${name}`, state[name], [capacity]).values] as const,
      );
      const [at, full, made] = ['cursor', 'filled', 'calls'].map((name) => readCount(`${where}.${name}`, state[name]));
      if (!(at! >= 0 && at! < capacity && full! >= 0 && full! <= capacity && made! >= 0)) {
        throw new StateError(where, `the state stands at row ${at} with ${full} filled, this set has ${capacity}.`, 'It is damaged.');
      }
      return () => {
        store!.dispose();
        store = write(zeros([capacity, dimension]), Float32Array.from(rows.values));
        for (const [list, values] of lists) list.set(values);
        [cursor, filled, calls] = [at!, full!, made!];
        numbers = tally(ledger);
        recordedSinceEnqueue = true;
      };
    },
    dispose() {
      store?.dispose();
      store = undefined;
    },
  };
}
