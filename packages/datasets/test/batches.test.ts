import { DataError, random, type UniformImageDataset, type UniformImages } from '@kindred/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Batch, type BatchOptions, batches, inMemoryDataset, stepsPerEpoch } from '../src/index.js';

/** `size` images of one pixel, image i is i mod 256 and of class i mod 3. */
const pixels = (size: number): UniformImageDataset =>
  inMemoryDataset({
    name: 'pixels',
    images: Uint8Array.from({ length: size }, (_, i) => i),
    imageShape: [1, 1, 1],
    labels: Int32Array.from({ length: size }, (_, i) => i % 3),
  });

const all = async (dataset: UniformImageDataset, options: BatchOptions): Promise<Batch<UniformImages>[]> => {
  const found: Batch<UniformImages>[] = [];
  for await (const batch of batches(dataset, options)) found.push(batch);
  return found;
};
const shuffled = (batchSize: number, more: Partial<BatchOptions> = {}): BatchOptions =>
  ({ batchSize, order: 'shuffled', seed: 5, epoch: 0, ...more }) as BatchOptions;

/** Counts reads that have begun and have ended; `gate` decides when a read ends. */
const watched = (dataset: UniformImageDataset, gate: (read: number) => Promise<void> = () => Promise.resolve()) => {
  const count = { begun: 0, ended: 0 };
  return {
    count,
    dataset: {
      ...dataset,
      async read(ids: Int32Array) {
        const read = count.begun++;
        await gate(read);
        const images = await dataset.read(ids);
        count.ended++;
        return images;
      },
    },
  };
};
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

describe('the order of an epoch', () => {
  test('is random(seed).fork("order", epoch).permutation(size)', async () => {
    const found = await all(pixels(100), shuffled(32, { epoch: 3 }));
    expect(found.flatMap(({ sampleIds }) => [...sampleIds])).toEqual([...random(5).fork('order', 3).permutation(100)]);
  });

  test('never changes: these are the first ids of seed 5, epoch 0, of 100', async () => {
    const [batch] = await all(pixels(100), shuffled(10));
    expect([...batch!.sampleIds]).toEqual([61, 66, 34, 22, 73, 25, 37, 74, 54, 12]);
  });

  test('holds every sample once, with its own bytes and label, whatever the sizes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 70 }), fc.nat(), async (size, batchSize, epoch) => {
        const found = await all(pixels(size), shuffled(batchSize, { epoch }));
        expect(found.map(({ step }) => step)).toEqual([...Array(Math.ceil(size / batchSize)).keys()]);
        for (const { samples, sampleIds, labels } of found) {
          expect([...samples.pixels]).toEqual([...sampleIds]);
          expect(labels).toEqual(sampleIds.map((id) => id % 3));
        }
        const ids = found.flatMap(({ sampleIds }) => [...sampleIds]);
        expect(ids.sort((a, b) => a - b)).toEqual([...Array(size).keys()]);
      }),
      { numRuns: 50 },
    );
  });

  test('differs between epochs and between seeds', async () => {
    const first = await all(pixels(100), shuffled(100));
    expect(await all(pixels(100), shuffled(100))).toEqual(first);
    expect(await all(pixels(100), shuffled(100, { epoch: 1 }))).not.toEqual(first);
    expect(await all(pixels(100), shuffled(100, { seed: 6 }))).not.toEqual(first);
  });

  test('puts every sample into every place equally often', async () => {
    // chi-square over 10 samples × 10 places, 3,000 epochs: 81 degrees of freedom, mean 81, deviation 12.7
    const hits = Array.from({ length: 10 }, () => new Float64Array(10));
    for (let epoch = 0; epoch < 3000; epoch++) {
      const [batch] = await all(pixels(10), shuffled(10, { epoch }));
      batch!.sampleIds.forEach((id, place) => hits[id]![place]!++);
    }
    const chiSquare = hits.flatMap((row) => [...row]).reduce((sum, count) => sum + (count - 300) ** 2 / 300, 0);
    expect(chiSquare).toBeLessThan(81 + 5 * 12.7);
    expect(chiSquare).toBeGreaterThan(81 - 5 * 12.7);
  });

  test('is that of the dataset where it is sequential', async () => {
    const found = await all(pixels(5), { batchSize: 2, order: 'sequential' });
    expect(found.map(({ sampleIds }) => [...sampleIds])).toEqual([[0, 1], [2, 3], [4]]);
  });
});

describe('taking up an epoch', () => {
  test('at step k gives the batches that the whole epoch ends with, for every k', async () => {
    for (const more of [{}, { dropLast: true }, { order: 'sequential' as const }, { prefetch: 0 }]) {
      const whole = await all(pixels(50), shuffled(8, more));
      for (let startStep = 0; startStep <= whole.length; startStep++) {
        expect(await all(pixels(50), shuffled(8, { ...more, startStep }))).toEqual(whole.slice(startStep));
      }
    }
  });

  test('reads nothing of what went before', async () => {
    const { dataset, count } = watched(pixels(50));
    await all(dataset, shuffled(8, { startStep: 5 }));
    expect(count.begun).toBe(2);
  });

  test('the same batches can be gone through twice', async () => {
    const epoch = batches(pixels(10), shuffled(4));
    const once: Batch<UniformImages>[] = [];
    const twice: Batch<UniformImages>[] = [];
    for await (const batch of epoch) once.push(batch);
    for await (const batch of epoch) twice.push(batch);
    expect(twice).toEqual(once);
  });
});

describe('the last batch', () => {
  test('is the remainder, or is left out', async () => {
    const sizes = async (dropLast: boolean) =>
      (await all(pixels(10), shuffled(4, { dropLast }))).map(({ samples }) => samples.pixels.length);
    expect(await sizes(false)).toEqual([4, 4, 2]);
    expect(await sizes(true)).toEqual([4, 4]);
  });

  test('stepsPerEpoch counts it', () => {
    expect([stepsPerEpoch(10, 5, false), stepsPerEpoch(10, 5, true)]).toEqual([2, 2]);
    expect([stepsPerEpoch(10, 4), stepsPerEpoch(10, 4, false), stepsPerEpoch(10, 4, true)]).toEqual([3, 3, 2]);
    expect(stepsPerEpoch(3, 10, false)).toBe(1);
  });
});

describe('parts of batches, for one process of many', () => {
  test('the parts of a step, one after the other, are its batch', async () => {
    const whole = await all(pixels(26), shuffled(6, { dropLast: true, startStep: 1 }));
    for (const of of [2, 3]) {
      const parts = await Promise.all(Array.from({ length: of }, (_, index) => all(pixels(26), shuffled(6, { dropLast: true, startStep: 1, part: { index, of } }))));
      whole.forEach(({ sampleIds, labels, samples }, step) => {
        expect(parts.flatMap((part) => [...part[step]!.sampleIds])).toEqual([...sampleIds]);
        expect(parts.flatMap((part) => [...part[step]!.labels!])).toEqual([...labels!]);
        expect(parts.flatMap((part) => [...part[step]!.samples.pixels])).toEqual([...samples.pixels]);
      });
      parts.forEach((part) => expect(part).toHaveLength(whole.length));
    }
  });

  test('parts that are not equal, or are none, are refused', () => {
    const call = (more: object) => () => batches(pixels(26), shuffled(6, { dropLast: true, ...more }));
    expect(call({ part: { index: 0, of: 4 } })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: batches.batchSize: received 6, expected a multiple of 4, the parts of a batch.]`);
    expect(call({ part: { index: 2, of: 2 } })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: batches.part.index: received 2, expected below 2, the parts of a batch.]`);
    expect(call({ part: { index: 0, of: 2 }, dropLast: false })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: batches.dropLast: received false, expected true where batches are read in parts. A last batch of fewer samples has no equal parts.]`);
  });
});

describe('reading ahead', () => {
  test.each([0, 1, 3])('with prefetch %i that many batches, and no more, are read beyond the one in use', async (prefetch) => {
    const { dataset, count } = watched(pixels(40));
    for await (const { step } of batches(dataset, shuffled(4, { prefetch }))) {
      await settled();
      expect(count.begun).toBe(Math.min(10, step + 1 + prefetch));
    }
    expect(count).toEqual({ begun: 10, ended: 10 });
  });

  test('nothing is read before the first batch is asked for', async () => {
    const { dataset, count } = watched(pixels(40));
    batches(dataset, shuffled(4))[Symbol.asyncIterator]();
    await settled();
    expect(count.begun).toBe(0);
  });

  test('batches come in order although later reads end first', async () => {
    const { dataset } = watched(pixels(40), (read) => new Promise((resolve) => setTimeout(resolve, read % 2 === 0 ? 6 : 0)));
    const found = await all(dataset, shuffled(4, { prefetch: 4 }));
    expect(found).toEqual(await all(pixels(40), shuffled(4)));
  });

  test('nothing new is read once the loop is left', async () => {
    const { dataset, count } = watched(pixels(40));
    for await (const { step } of batches(dataset, shuffled(4, { prefetch: 2 }))) if (step === 1) break;
    await settled();
    expect(count.begun).toBe(4);
  });

  test('an error surfaces at its own batch, after those before it', async () => {
    const { dataset, count } = watched(pixels(40), async (read) => {
      if (read === 3) throw new DataError('disk', 'gone.');
    });
    const steps: number[] = [];
    const loop = async () => {
      for await (const { step } of batches(dataset, shuffled(4, { prefetch: 5 }))) {
        steps.push(step);
        await settled();
      }
    };
    await expect(loop()).rejects.toThrow('disk: gone.');
    expect(steps).toEqual([0, 1, 2]);
    await settled();
    expect(count.begun).toBe(9);
  });

  test('an error in a batch that nobody came to see goes unheard', async () => {
    // an unhandled rejection would fail the run
    const { dataset } = watched(pixels(40), async (read) => {
      if (read > 0) throw new DataError('disk', 'gone.');
    });
    const iterator = batches(dataset, shuffled(4))[Symbol.asyncIterator]();
    await iterator.next();
    await iterator.return?.();
    await settled();
  });
});

describe('bad input', () => {
  test('is named before anything is read', () => {
    const call = (options: object) => () => batches(pixels(10), shuffled(4, options as Partial<BatchOptions>));
    expect(call({ batchSize: 0 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: batches.batchSize: received 0, expected a whole number above 0.]`);
    expect(call({ batchSize: 2.5 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: batches.batchSize: received 2.5, expected a whole number above 0.]`);
    expect(call({ batchSize: 11, dropLast: true })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: stepsPerEpoch.batchSize: received 11, expected at most the 10 samples of the dataset. Lower it, or keep the last batch.]`);
    expect(call({ startStep: 4 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: batches.startStep: received 4, expected a whole number of 0..3, the steps of an epoch.]`);
    expect(call({ prefetch: -1 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: batches.prefetch: received -1, expected a whole number of 0 or more.]`);
    expect(call({ order: 'random' })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: batches.order: received "random", expected 'shuffled' or 'sequential'.]`);
    expect(call({ seed: undefined })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: batches.seed: received undefined, expected a whole number of 0 or more. A shuffled order is named by seed and epoch.]`);
    expect(call({ epoch: -1 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: batches.epoch: received -1, expected a whole number of 0 or more. A shuffled order is named by seed and epoch.]`);
  });
});
