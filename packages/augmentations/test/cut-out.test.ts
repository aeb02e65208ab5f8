/** Cut-out. */
import { random } from '@kindred/core';
import { ones, tidy } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutOut } from '../src/index.js';
import { cutByTensors } from '../src/cut-out.js';
import { distance, distributionDistance, images, onBackends, pixels, type Shape } from './support.js';

const published = { area: [0.02, 0.33], aspect: [0.3, 3.3], fill: 0 } as const;
const erase = cutOut({ ...published, probability: 1 });

onBackends(() => {
  test('the box is filled and nothing else: top and left, height and width are not exchanged', () => {
    const shape: Shape = [2, 5, 6, 3];
    const gray = cutOut({ ...published, probability: 1, fill: 0.5 });
    const box = { top: 1, left: 3, height: 3, width: 2 };
    const expected = pixels(shape);
    for (let y = 1; y < 4; y++) expected.fill(0.5, 90 + (y * 6 + 3) * 3, 90 + (y * 6 + 5) * 3);
    tidy(() => {
      expect(gray.apply(images(shape), [{ box: null }, { box }]).dataSync()).toEqual(expected);
      expect(distance(cutByTensors(images(shape), [{ box: null }, { box }], 0.5).dataSync(), expected)).toBeLessThan(1e-7);
    });
  });

  test('the share of pixels that go is the area that was drawn', () => {
    tidy(() => {
      for (let i = 0; i < 20; i++) {
        const record = erase.draw(random(i), { height: 20, width: 30 });
        const sum = erase.apply(ones([1, 20, 30, 1]), [record]).dataSync<'float32'>().reduce((a, b) => a + b);
        expect(600 - sum).toBe(record.box!.height * record.box!.width);
      }
    });
  });
});

test('boxes lie inside of the image, smaller than it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }), fc.nat(), (height, width, seed) => {
      const { box } = erase.draw(random(seed), { height, width });
      if (box === null) return;
      expect([box.top, box.left, box.height, box.width].every(Number.isInteger)).toBe(true);
      expect(Math.min(box.top, box.left)).toBeGreaterThanOrEqual(0);
      expect(box.height >= 1 && box.width >= 1 && box.height < height && box.width < width).toBe(true);
      expect(box.top + box.height <= height && box.left + box.width <= width).toBe(true);
    }),
  );
});

test('area is uniform, aspect log-uniform, place uniform, and the probability is that given', () => {
  const half = cutOut({ ...published, aspect: [0.5, 2], probability: 0.5 });
  const drawn = Array.from({ length: 6000 }, (_, i) => half.draw(random(i), { height: 1000, width: 1000 }).box);
  const boxes = drawn.filter((box) => box !== null);
  expect(Math.abs(boxes.length / 6000 - 0.5)).toBeLessThan(0.0194); // 3 standard deviations
  const limit = 1.95 / Math.sqrt(boxes.length);
  expect(distributionDistance(boxes.map(({ height, width }) => (height * width) / 1e6), (x) => (x - 0.02) / 0.31)).toBeLessThan(limit);
  const logs = boxes.map(({ height, width }) => Math.log(width / height));
  expect(distributionDistance(logs, (x) => (x + Math.LN2) / (2 * Math.LN2))).toBeLessThan(limit);
  expect(distributionDistance(boxes.map(({ left, width }) => left / (1001 - width)), (x) => x)).toBeLessThan(limit);
});

test('an image in which no box fits stays whole', () => {
  const large = cutOut({ probability: 1, area: [1, 1], aspect: [1, 1], fill: 0 });
  expect(large.draw(random(1), { height: 8, width: 8 })).toEqual({ box: null });
});

test('messages', () => {
  expect(() => cutOut({ ...published, probability: 1.5 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: cutOut.probability: received 1.5, expected a probability of 0..1.]`);
  expect(() => cutOut({ ...published, probability: 1, area: [0, 0.3] })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: cutOut.area: received [0,0.3], expected [min, max] above 0 and at most 1, min not above max.]`);
  expect(() => cutOut({ ...published, probability: 1, fill: Infinity })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: cutOut.fill: received Infinity, expected a value of 0..1. A byte is divided by 255.]`);
  tidy(() => {
    const box = { top: 3, left: 0, height: 2, width: 4 };
    expect(() => erase.apply(images([1, 4, 4, 3]), [{ box }])).toThrowErrorMatchingInlineSnapshot(`[ShapeError: cutOut: a record erases rows 3..5 and columns 0..4 of an image of 4 by 4. Draw for the size of these images.]`);
  });
});
