/** Batches of a dataset, in an order fixed by seed and epoch, read ahead. */
import { ArgumentError, checkWhole, type Dataset, random } from '@kindred/core';

/** The samples of one step. Row i of every field is sample i. */
export interface Batch<Samples> {
  /** The samples as the dataset read them. */
  readonly samples: Samples;
  /** The samples' numbers in the dataset. */
  readonly sampleIds: Int32Array;
  /** Their classes, −1 if unknown; absent if the dataset has none. */
  readonly labels?: Int32Array;
  /** Which batch of the epoch this is, from 0. */
  readonly step: number;
}

/** How a dataset is cut into batches. */
export type BatchOptions = {
  /** N, the samples of a batch. */
  readonly batchSize: number;
  /** The first batch, by number: continues an interrupted epoch where it stopped. 0 by default. */
  readonly startStep?: number | undefined;
  /** Whether a last batch of fewer samples is left out. False by default. */
  readonly dropLast?: boolean | undefined;
  /** Which of several equal parts of each batch is read: the part of one process among several. Default: the whole batch. */
  readonly part?: { readonly index: number; readonly of: number } | undefined;
  /** How many batches are read ahead of the one in use. 2 by default; 0 reads when asked. */
  readonly prefetch?: number | undefined;
} & (
  | { readonly order: 'sequential'; readonly seed?: number | undefined; readonly epoch?: number | undefined }
  | {
      readonly order: 'shuffled';
      /** Determines the order together with `epoch`: the same pair gives the same batches. */
      readonly seed: number;
      /** From 0. */
      readonly epoch: number;
    }
);

/**
 * One epoch of a dataset in batches. The order of an epoch is `random(seed).fork('order', epoch).permutation(size)`, so it
 * depends on nothing that was drawn before, and starting at step k gives exactly the batches that a whole epoch ends with.
 *
 * While a batch is in use the next `prefetch` are being read, never more. A sample that cannot be read throws at its own
 * batch, after those before it. Nothing new is read once the loop is left. Each `for await` starts again at `startStep`.
 *
 * @throws ArgumentError for options out of range; while iterating, DataError for a sample that cannot be read.
 *
 * @example
 * const dataset = inMemoryDataset({ name: 'five', images: Uint8Array.of(0, 10, 20, 30, 40), imageShape: [1, 1, 1] });
 * const steps: number[][] = [];
 * for await (const batch of batches(dataset, { batchSize: 2, order: 'sequential' })) steps.push([...batch.samples.pixels]);
 * steps; // => [[0, 10], [20, 30], [40]]
 */
export function batches<Samples>(dataset: Dataset<Samples>, options: BatchOptions): AsyncIterable<Batch<Samples>> {
  const { batchSize, order, seed, epoch, startStep = 0, dropLast = false, prefetch = 2, part = { index: 0, of: 1 } } = options;
  checkWhole('batches.batchSize', batchSize, 1);
  const steps = stepsPerEpoch(dataset.size, batchSize, dropLast);
  checkWhole('batches.prefetch', prefetch, 0);
  if (!(Number.isSafeInteger(startStep) && startStep >= 0 && startStep <= steps)) {
    throw new ArgumentError('batches.startStep', `a whole number of 0..${steps}, the steps of an epoch`, startStep);
  }
  checkPart(part, batchSize, dropLast);
  const ids = orderOf(dataset.size, order, seed, epoch);

  const readStep = async (step: number): Promise<Batch<Samples>> => {
    const [first, rows] = [step * batchSize + (part.index * batchSize) / part.of, batchSize / part.of];
    const sampleIds = ids(first, Math.min(first + rows, dataset.size));
    const samples = await dataset.read(sampleIds.slice());
    const { labels } = dataset;
    return { samples, sampleIds, ...(labels && { labels: sampleIds.map((id) => labels[id]!) }), step };
  };

  return { [Symbol.asyncIterator]: () => ahead(readStep, startStep, steps, prefetch) };
}

function checkPart({ index, of }: { readonly index: number; readonly of: number }, batchSize: number, dropLast: boolean): void {
  if (of === 1 && index === 0) return;
  checkWhole('batches.part.of', of, 1);
  checkWhole('batches.part.index', index, 0);
  if (index >= of) throw new ArgumentError('batches.part.index', `below ${of}, the parts of a batch`, index);
  if (batchSize % of !== 0) throw new ArgumentError('batches.batchSize', `a multiple of ${of}, the parts of a batch`, batchSize);
  if (!dropLast) throw new ArgumentError('batches.dropLast', 'true where batches are read in parts', dropLast, 'A last batch of fewer samples has no equal parts.');
}

/**
 * The number of batches of an epoch.
 *
 * @throws ArgumentError for a size or batch size below 1, or if `dropLast` would leave no batch at all.
 *
 * @example
 * stepsPerEpoch(10, 4, false); // => 3
 * stepsPerEpoch(10, 4, true); // => 2
 */
export function stepsPerEpoch(size: number, batchSize: number, dropLast = false): number {
  checkWhole('stepsPerEpoch.size', size, 1);
  checkWhole('stepsPerEpoch.batchSize', batchSize, 1);
  if (!dropLast) return Math.ceil(size / batchSize);
  if (batchSize > size) {
    throw new ArgumentError(
      'stepsPerEpoch.batchSize',
      `at most the ${size} samples of the dataset`,
      batchSize,
      'Lower it, or keep the last batch.',
    );
  }
  return Math.floor(size / batchSize);
}

/** The ids at positions start..end−1 of the epoch's order. */
function orderOf(
  size: number,
  order: BatchOptions['order'],
  seed: number | undefined,
  epoch: number | undefined,
): (start: number, end: number) => Int32Array {
  if (order === 'sequential') return (start, end) => Int32Array.from({ length: end - start }, (_, row) => start + row);
  if (order !== 'shuffled') throw new ArgumentError('batches.order', "'shuffled' or 'sequential'", order);
  for (const [name, value] of Object.entries({ seed, epoch })) {
    checkWhole(`batches.${name}`, value, 0, 'A shuffled order is named by seed and epoch.');
  }
  const permutation = random(seed!).fork('order', epoch!).permutation(size);
  return (start, end) => permutation.slice(start, end);
}

/** Steps first..end−1 in turn, with `prefetch` of them in flight beyond the one in use. */
async function* ahead<Samples>(
  read: (step: number) => Promise<Batch<Samples>>,
  first: number,
  end: number,
  prefetch: number,
): AsyncGenerator<Batch<Samples>, void, undefined> {
  const inFlight: Promise<Batch<Samples>>[] = [];
  for (let [step, started] = [first, first]; step < end; step++) {
    for (; started < end && started <= step + prefetch; started++) {
      const batch = read(started);
      batch.catch(() => undefined); // thrown again where it is awaited; left early, it is nobody's
      inFlight.push(batch);
    }
    yield await inFlight.shift()!;
  }
}
