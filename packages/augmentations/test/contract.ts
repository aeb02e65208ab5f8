/** What every augmentation keeps, run by each of them. */
import { random } from '@kindred/core';
import { memory, slice, type Tensor4D, tidy } from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import type { Augmentation } from '../src/index.js';
import { distance, images, onBackends, type Shape } from './support.js';

const clauses = {
  draws: 'other streams draw other parameters',
  changes: 'pixels really change',
  range: 'images stay in 0..1',
} as const;

export interface ContractOptions {
  /** Clauses that the augmentation cannot keep, and why. */
  readonly except?: Partial<Record<keyof typeof clauses, string>>;
  /** Channels of the images; both by default. */
  readonly channels?: readonly number[];
}

/** Runs the contract. `make` gives an augmentation that draws a change more often than not, for `channels` channels. */
export function augmentationContract(
  name: string,
  make: (channels: number) => Augmentation,
  { except = {}, channels = [1, 3] }: ContractOptions = {},
): void {
  const clause = (key: keyof typeof clauses, body: () => void): void => {
    if (except[key] === undefined) test(clauses[key], body);
    else test.skip(`${clauses[key]} (excepted: ${except[key]})`, body);
  };

  describe.each(channels)(`${name} keeps the contract of augmentations, %i channels:`, (depth) => {
    const shape: Shape = [6, 12, 10, depth];
    const size = { height: 12, width: 10 };
    const draws = (augmentation: Augmentation, seed: number): unknown[] =>
      Array.from({ length: shape[0] }, (_, i) => augmentation.draw(random(seed).fork(i), size));

    test('the same stream draws the same parameters, another part of the same settings too', () => {
      expect(draws(make(depth), 3)).toEqual(draws(make(depth), 3));
      const one = make(depth);
      expect(draws(one, 3)).toEqual(draws(one, 3));
    });

    clause('draws', () => {
      const some = Array.from({ length: 20 }, (_, seed) => JSON.stringify(draws(make(depth), seed)));
      expect(new Set(some).size).toBeGreaterThan(10);
    });

    test('a record survives JSON', () => {
      const records = draws(make(depth), 3);
      expect(JSON.parse(JSON.stringify(records))).toEqual(records);
    });

    onBackends(() => {
      const applied = (augmentation: Augmentation, records: readonly unknown[], from = 0): Float32Array =>
        tidy(() => {
          const all = images(shape);
          const some = slice(all, [from, 0, 0, 0], [records.length, -1, -1, -1]) as Tensor4D;
          return augmentation.apply(some, records).dataSync<'float32'>().slice();
        });

      test('replayed from JSON, the pixels are the same bit for bit', () => {
        const records = draws(make(depth), 3);
        const first = applied(make(depth), records);
        expect(applied(make(depth), JSON.parse(JSON.stringify(records)) as unknown[])).toEqual(first);
      });

      clause('changes', () => {
        const augmentation = make(depth);
        tidy(() => {
          const given = images(shape);
          const result = augmentation.apply(given, draws(augmentation, 3));
          const changed =
            result.shape.join() !== given.shape.join() || distance(result.dataSync(), given.dataSync()) > 0.01;
          expect(changed).toBe(true);
        });
      });

      clause('range', () => {
        const augmentation = make(depth);
        for (const value of applied(augmentation, draws(augmentation, 4))) {
          // 1e-6: rounding of weights that sum to 1
          expect(value).toBeGreaterThanOrEqual(-1e-6);
          expect(value).toBeLessThanOrEqual(1 + 1e-6);
        }
      });

      test('the result has the size that was announced, and finite values', () => {
        const augmentation = make(depth);
        const { height, width } = augmentation.outputSize?.(size) ?? size;
        tidy(() => {
          const result = augmentation.apply(images(shape), draws(augmentation, 5));
          expect(result.shape).toEqual([6, height, width, depth]);
          expect(result.dtype).toBe('float32');
          expect(result.dataSync().every(Number.isFinite)).toBe(true);
        });
      });

      test('an image comes out alone as it does in a batch', () => {
        const augmentation = make(depth);
        const records = draws(augmentation, 6);
        const together = applied(augmentation, records);
        const length = together.length / records.length;
        records.forEach((record, i) => {
          // a library may sum in another order for another size of batch, and normalize multiplies by 4
          expect(distance(applied(augmentation, [record], i), together.slice(i * length, (i + 1) * length))).toBeLessThan(1e-5);
        });
      });

      test('the images given stay as they are, and are not the result', () => {
        const augmentation = make(depth);
        const given = images(shape);
        const before = given.dataSync().slice();
        augmentation.apply(given, draws(augmentation, 7)).dispose();
        expect(given.dataSync()).toEqual(before);
        given.dispose();
      });

      test('a result stays as it was while the next batch is made', () => {
        const augmentation = make(depth);
        tidy(() => {
          const first = augmentation.apply(images(shape), draws(augmentation, 9));
          const before = first.dataSync().slice();
          augmentation.apply(images(shape, 2), draws(augmentation, 10));
          expect(first.dataSync()).toEqual(before);
        });
      });

      test('one new tensor, and no other, is left', () => {
        const augmentation = make(depth);
        const given = images(shape);
        const records = draws(augmentation, 8);
        const before = memory().numTensors;
        const result = augmentation.apply(given, records);
        expect(memory().numTensors).toBe(before + 1);
        result.dispose();
        given.dispose();
      });
    });

    test('another number of records than images is refused', () => {
      const augmentation = make(depth);
      tidy(() => {
        expect(() => augmentation.apply(images(shape), draws(augmentation, 1).slice(1))).toThrow(/5 records for 6 images/);
      });
    });
  });
}
