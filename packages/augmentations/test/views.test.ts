/** Views of a batch. */
import { random } from '@kindred/core';
import { gather, memory, slice, tensor1d, type Tensor4D, tidy } from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { applyViews, augmentationPresets, bytesToImages, drawViews, viewPipeline } from '../src/index.js';
import { distance, images, onBackends } from './support.js';

const size = { height: 12, width: 10 };
const pipeline = viewPipeline(augmentationPresets.simclr.views[0], { output: [12, 10], channels: 3 });
const views = [pipeline, pipeline];
const options = { seed: 7, epoch: 2, size };

describe('draws', () => {
  test('are those of the streams that their documentation names', () => {
    const [, second] = drawViews(views, { ...options, sampleIds: [40, 41] });
    expect(second![1]).toEqual(pipeline.draw(random(7).fork('view', 1, 2, 41), size));
  });

  test('do not depend on the batch: other neighbours, another place, the same views', () => {
    const whole = drawViews(views, { ...options, sampleIds: [3, 1, 4, 15, 9] });
    const part = drawViews(views, { ...options, sampleIds: Int32Array.of(9, 3) });
    expect(part).toEqual(whole.map((view) => [view[4], view[0]]));
  });

  test('differ between views, epochs, samples and seeds', () => {
    const some = [
      ...drawViews(views, { ...options, sampleIds: [1, 2] }).flat(),
      ...drawViews(views, { ...options, epoch: 3, sampleIds: [1, 2] }).flat(),
      ...drawViews(views, { ...options, seed: 8, sampleIds: [1, 2] }).flat(),
    ];
    expect(new Set(some.map((record) => JSON.stringify(record))).size).toBe(12);
  });

  test('refuse what names no stream', () => {
    expect(() => drawViews(views, { ...options, epoch: -1, sampleIds: [1] })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: drawViews.epoch: received -1, expected a whole number of 0 or more.]`);
    expect(() => drawViews(views, { ...options, sampleIds: [0.5] })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: Random.fork.path: received 0.5, expected whole numbers of 0..2^53-1, or texts.]`);
  });
});

onBackends(() => {
  test('the views of a sample are the same whatever the order of the batch', () => {
    tidy(() => {
      const ids = [10, 11, 12, 13];
      const order = [2, 0, 3, 1];
      const given = images([4, 12, 10, 3]);
      const straight = applyViews(views, given, drawViews(views, { ...options, sampleIds: ids }));
      const shuffled = applyViews(
        views,
        gather(given, tensor1d(order, 'int32')) as Tensor4D,
        drawViews(views, { ...options, sampleIds: order.map((i) => ids[i]!) }),
      );
      straight.forEach((view, v) => {
        const expected = gather(view, tensor1d(order, 'int32')).dataSync();
        expect(distance(shuffled[v]!.dataSync(), expected)).toBeLessThan(2e-6);
      });
      expect(distance(straight[0]!.dataSync(), straight[1]!.dataSync())).toBeGreaterThan(0.1);
    });
  });

  test('records written to a file and read back give the same views bit for bit', () => {
    tidy(() => {
      const given = images([3, 12, 10, 3]);
      const records = drawViews(views, { ...options, sampleIds: [1, 2, 3] });
      const read = JSON.parse(JSON.stringify(records)) as unknown[][];
      const [one, again] = [applyViews(views, given, records), applyViews(views, given, read)];
      one.forEach((view, v) => expect(again[v]!.dataSync()).toEqual(view.dataSync()));
    });
  });

  test('one tensor a view is left, and no other', () => {
    const given = images([3, 12, 10, 3]);
    const records = drawViews(views, { ...options, sampleIds: [1, 2, 3] });
    const before = memory().numTensors;
    const made = applyViews(views, given, records);
    expect(memory().numTensors).toBe(before + 2);
    for (const view of [...made, given]) view.dispose();
  });

  test('of bytes they are those of the images that the bytes are', () => {
    for (const channels of [1, 2, 3]) {
      const settings = { ...augmentationPresets.simclr.views[0], ...(channels === 2 ? { jitter: undefined, grayscale: undefined } : {}) };
      const own = viewPipeline(settings, { output: [12, 10], channels });
      const bytes = Uint8Array.from(images([3, 20, 17, channels]).dataSync(), (x) => Math.round(255 * x));
      const shape = [3, 20, 17, channels] as const;
      const records = drawViews([own, own], { ...options, size: { height: 20, width: 17 }, sampleIds: [1, 2, 3] });
      tidy(() => {
        const [first, second] = applyViews([own, own], { pixels: bytes, shape }, records);
        const [one, other] = applyViews([own, own], bytesToImages(bytes, shape), records);
        expect(distance(first!.dataSync(), one!.dataSync())).toBeLessThan(1e-6);
        expect(distance(second!.dataSync(), other!.dataSync())).toBeLessThan(1e-6);
        const numbers = Float32Array.from(bytes, (x) => x / 255);
        const ofNumbers = applyViews([own, own], { pixels: numbers, shape }, records);
        expect(distance(ofNumbers[0]!.dataSync(), one!.dataSync())).toBeLessThan(1e-6);
        // a part without a way for pixels takes images, beside others that have one
        const plain = { name: own.name, draw: own.draw, apply: own.apply };
        expect(distance(applyViews([own, plain], { pixels: bytes, shape }, records)[1]!.dataSync(), other!.dataSync())).toBeLessThan(1e-6);
      });
    }
  });

  test('a batch that takes more than one round of memory is the batches that it is made of', () => {
    // 13,200,000 numbers: 12 Mi of them are written at a time
    const large = viewPipeline({ ...augmentationPresets.cropOnly.views[0], size: [1000, 2200] }, { output: [8, 8], channels: 3 });
    const records = drawViews([large], { ...options, sampleIds: [1, 2] });
    tidy(() => {
      const given = images([2, 12, 10, 3]);
      const both = applyViews([large], given, records)[0]!;
      const second = applyViews([large], slice(given, [1, 0, 0, 0], [1, 12, 10, 3]), [[records[0]![1]]])[0]!;
      expect(both.shape).toEqual([2, 1000, 2200, 3]);
      expect(distance(slice(both, [1, 0, 0, 0], [1, 1000, 2200, 3]).dataSync(), second.dataSync())).toBeLessThan(2e-6);
    });
  });

  test('bytes become images in 0..1, and may be written to afterwards', () => {
    tidy(() => {
      const bytes = Uint8Array.of(0, 51, 102, 255);
      const given = bytesToImages(bytes, [1, 2, 2, 1]);
      bytes.fill(9);
      expect(given.shape).toEqual([1, 2, 2, 1]);
      expect(distance(given.dataSync(), [0, 0.2, 0.4, 1])).toBeLessThan(1e-7);
    });
  });
});

test('messages', () => {
  tidy(() => {
    const given = images([1, 12, 10, 3]);
    expect(() => applyViews(views, given, [[{}]])).toThrowErrorMatchingInlineSnapshot(`[ShapeError: applyViews: received records of 1 views for 2 pipelines. Draw them with the same pipelines.]`);
    expect(() => applyViews([pipeline], { pixels: new Uint8Array(11), shape: [1, 12, 10, 3] }, [[[]]])).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: applyViews.images: received 11, expected 360 bytes for [1, 12, 10, 3].]`);
    expect(() => bytesToImages(new Uint8Array(11), [1, 2, 2, 3])).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: bytesToImages.bytes: received 11, expected 12 bytes for [1, 2, 2, 3].]`);
  });
});
