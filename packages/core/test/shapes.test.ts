import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { checkShapes, ShapeError } from '../src/index.js';

const shaped = (...shape: number[]): tf.Tensor => tf.zeros(shape);

test('returns the length of each letter', () => {
  expect(checkShapes('f', { images: [shaped(2, 8, 6, 3), 'N H W C'], labels: [shaped(2), 'N'] })).toEqual({ N: 2, H: 8, W: 6, C: 3 });
});

test('passes over what is undefined', () => {
  expect(checkShapes('f', { a: [shaped(2, 4), 'N D'], negatives: [undefined, 'K D'] })).toEqual({ N: 2, D: 4 });
});

test('a number fixes an axis, an empty text is a scalar', () => {
  expect(checkShapes('f', { x: [shaped(5, 3), 'N 3'], loss: [shaped(), ''] })).toEqual({ N: 5 });
  expect(() => checkShapes('f', { loss: [shaped(1), ''] })).toThrow(ShapeError);
});

test('one letter is one length, within a tensor too', () => {
  expect(checkShapes('f', { square: [shaped(4, 4), 'N N'] })).toEqual({ N: 4 });
  expect(() => checkShapes('f', { square: [shaped(4, 5), 'N N'] })).toThrowErrorMatchingInlineSnapshot(`[ShapeError: f: square is [4, 5], expected [N, N].]`);
});

test('says what came, what was expected, as in which tensor, and what to do', () => {
  const check = (positives: tf.Tensor, axes = 'N D', remedy?: string) => () =>
    checkShapes('infoNCE', { anchors: [shaped(64, 256), 'N D'], positives: [positives, axes] }, remedy);
  expect(check(shaped(64, 128), 'N D', 'Take all of them after the projection head.')).toThrowErrorMatchingInlineSnapshot(`[ShapeError: infoNCE: positives is [64, 128], expected [N, D] = [64, 256] as in anchors. Take all of them after the projection head.]`);
  expect(check(shaped(64))).toThrowErrorMatchingInlineSnapshot(`[ShapeError: infoNCE: positives is [64], expected [N, D] = [64, 256] as in anchors.]`);
  expect(check(shaped(10, 128), 'K D')).toThrowErrorMatchingInlineSnapshot(`[ShapeError: infoNCE: positives is [10, 128], expected [K, D] = [K, 256] as in anchors.]`);
  expect(check(shaped(64, 2), 'N 3')).toThrowErrorMatchingInlineSnapshot(`[ShapeError: infoNCE: positives is [64, 2], expected [N, 3] = [64, 3] as in anchors.]`);
  expect(() => checkShapes('f', { images: [shaped(8, 8, 3), 'N H W C'] })).toThrowErrorMatchingInlineSnapshot(`[ShapeError: f: images is [8, 8, 3], expected [N, H, W, C].]`);
  expect(() => checkShapes('f', { images: [shaped(1, 8, 8, 1), 'N H W 3'] })).toThrowErrorMatchingInlineSnapshot(`[ShapeError: f: images is [1, 8, 8, 1], expected [N, H, W, 3].]`);
});

test('names the tensor that a length came from, not the first one', () => {
  const claims = { a: [shaped(2, 4), 'N D'], queue: [shaped(9, 5), 'K E'], z: [shaped(2, 6), 'N E'] } as const;
  expect(() => checkShapes('f', claims)).toThrow('z is [2, 6], expected [N, E] = [2, 5] as in queue.');
});

test('holds the facts as fields', () => {
  try {
    checkShapes('f', { x: [shaped(1, 2), 'N 3'] }, 'Do this.');
    expect.unreachable();
  } catch (error) {
    expect(error).toMatchObject({ where: 'f', expected: '[N, 3]', received: [1, 2], remedy: 'Do this.' });
  }
});
