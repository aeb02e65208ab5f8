import fc from 'fast-check';
import { expect, test } from 'vitest';
import { normalizedMutualInformation } from '../src/index.js';
import golden from './golden/measures.json' with { type: 'json' };

test('one partition under other names is 1, two that know nothing of one another 0', () => {
  expect(normalizedMutualInformation([0, 0, 1, 1, 2], [5, 5, 9, 9, 0])).toBeCloseTo(1, 12);
  expect(normalizedMutualInformation([0, 0, 1, 1], [0, 1, 0, 1])).toBe(0);
});

test('halves of one class of two: I = log 2 of entropies log 2 and 1.5 log 2', () => {
  // a: ½ ½; b: ½ ¼ ¼ within it
  expect(normalizedMutualInformation([0, 0, 1, 1], [0, 0, 1, 2])).toBeCloseTo(2 / 2.5, 12);
});

test('one class on both sides is 1, on one side 0, as in scikit-learn', () => {
  expect(normalizedMutualInformation([3, 3], [4, 4])).toBe(1);
  expect(normalizedMutualInformation([3, 3, 3], [4, 5, 5])).toBe(0);
});

test.each(golden.information)("$nmi: scikit-learn's normalized_mutual_info_score", ({ a, b, nmi }) => {
  expect(normalizedMutualInformation(a, Int32Array.from(b))).toBeCloseTo(nmi, 12);
});

test('equals the sum over all pairs of classes, either way round', () => {
  const list = fc.array(fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 3 })), { minLength: 2, maxLength: 30 });
  fc.assert(
    fc.property(list, (pairs) => {
      const [a, b] = [pairs.map(([x]) => x), pairs.map(([, y]) => y)];
      const share = (test: (pair: readonly [number, number]) => boolean): number => pairs.filter(test).length / pairs.length;
      let [shared, ofA, ofB] = [0, 0, 0];
      for (let x = 0; x <= 4; x++) {
        const px = share(([c]) => c === x);
        if (px > 0) ofA -= px * Math.log(px);
        for (let y = 0; y <= 3; y++) {
          const [py, both] = [share(([, c]) => c === y), share(([c, d]) => c === x && d === y)];
          if (both > 0) shared += both * Math.log(both / (px * py));
          if (x === 0 && py > 0) ofB -= py * Math.log(py);
        }
      }
      const wanted = ofA + ofB === 0 ? 1 : (2 * shared) / (ofA + ofB);
      expect(normalizedMutualInformation(a, b)).toBeCloseTo(wanted, 10);
      expect(normalizedMutualInformation(b, a)).toBeCloseTo(wanted, 10);
    }),
  );
});

test('says what is wrong', () => {
  expect(() => normalizedMutualInformation([], [])).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: normalizedMutualInformation.a.length: received 0, expected one row or more.]`);
  expect(() => normalizedMutualInformation([1, 2], [1])).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: normalizedMutualInformation.b.length: received 1, expected 2, one for each row of a.]`);
  expect(() => normalizedMutualInformation([1, 2], [1, -1])).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: normalizedMutualInformation.b[1]: received -1, expected a class, a whole number of 0 or more. Leave rows without a class out of both lists.]`);
  expect(() => normalizedMutualInformation([1, 0.5], [1, 1])).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: normalizedMutualInformation.a[1]: received 0.5, expected a class, a whole number of 0 or more. Leave rows without a class out of both lists.]`);
});
