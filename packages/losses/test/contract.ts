/** What every loss must do, as tests: `lossContract` is run by each. */
import type { ContrastiveLoss, PositivePairs } from '@kindred/core';
import { random } from '@kindred/core';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import golden from './golden/losses.json' with { type: 'json' };
import { onEveryBackend } from './support/backends.js';
import type { Numbers, Rows } from './support/loops.js';

type Input = 'anchors' | 'positives' | 'negatives' | 'own' | 'third' | 'fourth';
type Clause = 'rows of any length' | 'one row' | 'pulls' | 'golden numbers' | 'zero positives';

export interface LossCase {
  /** As exported. */
  readonly name: string;
  /** As in the golden file. */
  readonly options: object;
  readonly loss: ContrastiveLoss;
  /** The formula in float64; `at` are the inputs at which what is constant for the gradient is taken. */
  readonly loops: (numbers: Numbers, at: Numbers) => number;
  /** The fewest samples of the random inputs; 2 unless said. */
  readonly least?: number;
  readonly negatives?: boolean;
  /** Two negatives of its own for each anchor. */
  readonly own?: boolean;
  /** Views beside anchors and positives. */
  readonly further?: 0 | 1 | 2;
  readonly labels?: boolean;
  /** The most that value and gradient may be off, as a share of the largest entry; 2e-5 unless said. */
  readonly tolerance?: number;
  /** Clauses that this loss does not meet, each with the reason. */
  readonly except?: Partial<Record<Clause, string>>;
}

/**
 * Tests that hold for every loss; `values.test.ts` has their values by hand and what is special to each.
 *
 * @returns How many cases of the golden file are this loss.
 */
export function lossContract(given: LossCase): number {
  const { name, options, loss, loops, tolerance = 2e-5, least = 2, except = {} } = given;
  const clause = (which: Clause, claim: string, run: () => void): void => {
    const reason = except[which];
    if (reason === undefined) test(claim, run);
    else test.skip(`${claim} [except: ${reason}]`, run);
  };

  const cases = golden.cases.filter(
    (one) =>
      one.loss === name &&
      JSON.stringify(one.options) === JSON.stringify(options) &&
      JSON.stringify(Object.keys(one.gradients)) === JSON.stringify(inputsOf(given)) &&
      (one.labels !== undefined) === (given.labels ?? false),
  );

  describe(`${name} ${JSON.stringify(options)}${given.further ? ` of ${2 + given.further} views` : ''}${given.labels ? ', with labels' : ''}${given.negatives ? ', with negatives' : ''}${given.own ? ', with negatives of their own' : ''}`, () => {
    onEveryBackend(() => {
      test('equals the formula written as loops over numbers, and so does its gradient', () => {
        fc.assert(
          fc.property(fc.nat(1e6), fc.integer({ min: least, max: 5 }), fc.integer({ min: 2, max: 4 }), (seed, size, dimension) => {
            const numbers = generic(given, seed, size, dimension);
            const got = valueAndGradients(loss, numbers);
            close(got.value, loops(numbers, numbers), tolerance);
            for (const input of inputsOf(given)) {
              closeRows(got.gradients[input]!, differences(loops, numbers, input), 5 * tolerance, input);
            }
          }),
          { numRuns: 8, seed: 11 },
        );
      });

      if (cases.length === 0) clause('golden numbers', 'golden numbers', () => expect.fail('there are none'));
      for (const one of cases) {
        test(`times ${one.factor} is what ${one.reference} gives, gradient included`, () => {
          const inputs = Object.fromEntries(inputsOf(given).map((input) => [input, golden.inputs[input]])) as unknown as Numbers;
          const labels = one.labels === undefined ? {} : { labels: one.labels };
          const got = valueAndGradients(loss, { ...inputs, ...labels });
          close(got.value * one.factor, one.value, tolerance);
          for (const [input, rows] of Object.entries(one.gradients)) {
            const scaled = got.gradients[input as Input]!.map((row) => row.map((value) => value * one.factor));
            closeRows(scaled, rows as number[][], 5 * tolerance, input);
          }
        });
      }

      test('is finite, and so is its gradient, where embeddings have collapsed or are 0, tiny or huge', () => {
        const normal = generic(given, 1, 4, 3);
        const one = normal.anchors[0]!;
        const same = (rows: Rows): Rows => rows.map(() => one);
        const times = (factor: number) => (rows: Rows): Rows => rows.map((row) => row.map((value) => value * factor));
        const opposite = times(-1);
        const ways: Record<string, (rows: Rows, input: string) => Rows> = {
          same,
          opposite: (rows, input) => (input === 'anchors' ? same(rows) : opposite(same(rows))),
          zero: times(0),
          'anchors zero': (rows, input) => (input === 'anchors' ? times(0)(rows) : rows),
          tiny: times(1e-8),
          huge: times(1e4),
          'anchors are positives': (_, input) => (input === 'negatives' || input === 'own' ? normal[input]! : normal.anchors),
        };
        if (except['zero positives'] !== undefined) delete ways['zero'];
        for (const [way, change] of Object.entries(ways)) {
          const got = valueAndGradients(loss, changed(normal, change));
          expect([way, Number.isFinite(got.value)]).toEqual([way, true]);
          for (const rows of Object.values(got.gradients)) expect([way, rows.flat().every(Number.isFinite)]).toEqual([way, true]);
        }
      });

      test('is the same of odd sides, where an operation made the rows', () => {
        // webgl keeps more than the matrix then: see matrixProduct (core)
        const flip = (rows: Rows): number[][] => rows.map((row) => row.map((value) => Math.fround(3 - value)));
        const flipped = changed(generic(given, 7, 13, 11), flip);
        const numbers = changed(flipped, flip);
        const got = valueAndGradients(({ anchors, positives, negatives, ownNegatives, furtherViews, ...rest }) => {
          const made = <T extends tf.Tensor>(x: T): T => tf.sub(3, x) as T;
          const others = { ...(negatives && { negatives: made(negatives) }), ...(ownNegatives && { ownNegatives: made(ownNegatives) }) };
          return loss({ ...rest, anchors: made(anchors), positives: made(positives), ...others, ...(furtherViews && { furtherViews: furtherViews.map(made) }) });
        }, flipped);
        close(got.value, loops(numbers, numbers), tolerance);
        for (const input of inputsOf(given)) {
          const last = numbers[input]!.length - 1;
          closeRows([got.gradients[input]![last]!.map((value) => -value)], differences(loops, numbers, input, [last]), 5 * tolerance, `${input}, last row`);
        }
      });

      test('leaves no tensor behind, and its inputs alone', () => {
        const pairs = toPairs(generic(given, 2, 4, 3));
        const before = tf.memory().numTensors;
        const values = pairs.anchors.dataSync().slice();
        loss(pairs).dispose();
        expect(tf.memory().numTensors).toBe(before);
        expect(pairs.anchors.dataSync()).toEqual(values);
        dispose(pairs);
      });
    });

    test('anchors and positives may change places if it says so, and only then', () => {
      const numbers = generic(given, 5, 4, 3);
      const [there, back] = [valueAndGradients(loss, numbers), valueAndGradients(loss, { ...numbers, anchors: numbers.positives, positives: numbers.anchors })];
      if (loss.symmetric === true) {
        close(back.value, there.value, tolerance);
        closeRows(back.gradients.anchors!, there.gradients.positives!, 5 * tolerance, 'positives');
        closeRows(back.gradients.positives!, there.gradients.anchors!, 5 * tolerance, 'anchors');
      } else {
        expect(Math.abs(back.value / there.value - 1)).toBeGreaterThan(1e-3);
      }
    });

    test('the order of the samples does not matter', () => {
      const numbers = generic(given, 3, 5, 4);
      const order = [3, 0, 4, 1, 2];
      const mixed = changed(numbers, (rows, input) => (input === 'negatives' ? rows : (input === 'own' ? order.flatMap((i) => [2 * i, 2 * i + 1]) : order).map((i) => rows[i]!)));
      const labels = numbers.labels === undefined ? {} : { labels: order.map((i) => numbers.labels![i]!) };
      close(valueAndGradients(loss, { ...mixed, ...labels }).value, valueAndGradients(loss, numbers).value, tolerance);
    });

    test('which sample is whose positive does matter', () => {
      const numbers = generic(given, 3, 5, 4);
      const rolled = { ...numbers, positives: [...numbers.positives.slice(1), numbers.positives[0]!] };
      expect(Math.abs(valueAndGradients(loss, rolled).value - valueAndGradients(loss, numbers).value)).toBeGreaterThan(1e-3);
    });

    test('weight is the caller’s business', () => {
      const pairs = toPairs(generic(given, 4, 3, 3));
      expect(loss({ ...pairs, weight: 0.25 }).arraySync()).toBe(loss({ ...pairs, weight: 1 }).arraySync());
    });

    clause('rows of any length', 'rows of any length have the same value: they are normalised', () => {
      const numbers = generic(given, 5, 4, 3);
      const expected = valueAndGradients(loss, numbers).value;
      // 1e-8: below √1e-12, where a floor of the squared length of 1e-12 would shorten them
      for (const scale of [1, 1e-8, 1e6]) {
        const others = changed(numbers, (rows) => rows.map((row, i) => row.map((value) => value * scale * (i + 0.5))));
        close(valueAndGradients(loss, others).value, expected, tolerance);
      }
    });

    clause('pulls', 'a step down the gradient brings positives nearer than they were', () => {
      const numbers = generic(given, 6, 6, 4);
      const { gradients } = valueAndGradients(loss, numbers);
      const largest = Math.max(...Object.values(gradients).flat(2).map(Math.abs));
      const moved = changed(numbers, (rows, input) =>
        rows.map((row, i) => row.map((value, d) => value - (0.05 / largest) * gradients[input as Input]![i]![d]!)),
      );
      expect(alignment(moved)).toBeGreaterThan(alignment(numbers));
    });

    test('shapes that do not fit are a ShapeError', () => {
      const wrong = { anchors: tf.ones([4, 3]) as tf.Tensor2D, positives: tf.ones([4, 2]) as tf.Tensor2D, weight: 1 };
      expect(() => loss(wrong)).toThrow(new RegExp(`^${name}: positives is \\[4, 2\\], expected \\[N, [DK]\\] = \\[4, 3\\] as in anchors\\.`));
    });

    clause('one row', 'one row alone is a ShapeError, not a 0', () => {
      const one = { anchors: tf.ones([1, 3]) as tf.Tensor2D, positives: tf.ones([1, 3]) as tf.Tensor2D, weight: 1 };
      expect(() => loss(one)).toThrow(`${name}: anchors is [1, 3], expected at least 2 rows. Use larger batches.`);
    });
  });
  return cases.length;
}

/** Normal numbers as float32 holds them; positives lean towards their anchors. */
export function generic(given: Pick<LossCase, 'negatives' | 'own' | 'labels' | 'further'>, seed: number, size: number, dimension: number): Numbers {
  const stream = random(seed);
  const rows = (count: number): number[][] =>
    Array.from({ length: count }, () => Array.from({ length: dimension }, () => Math.fround(stream.normal())));
  const anchors = rows(size);
  return {
    anchors,
    positives: leaning(rows(size), anchors),
    ...(given.negatives ? { negatives: rows(size + 1) } : {}),
    ...(given.own ? { own: rows(2 * size) } : {}),
    ...Object.fromEntries(inputsOf(given).flatMap((input) => (input === 'third' || input === 'fourth' ? [[input, leaning(rows(size), anchors)]] : []))),
    // two classes at least, and some unknown
    ...(given.labels ? { labels: [0, 1, ...Array.from({ length: size - 2 }, () => stream.integer(3) - 1)] } : {}),
  };
}

const leaning = (rows: number[][], anchors: Rows): number[][] =>
  rows.map((row, i) => row.map((value, d) => Math.fround(value + 0.5 * anchors[i]![d]!)));

/** The names of what a loss is given, in the order of the golden file. */
const inputsOf = ({ negatives, own, further = 0 }: Pick<LossCase, 'negatives' | 'own' | 'further'>): Input[] => [
  'anchors',
  'positives',
  ...(negatives ? (['negatives'] as const) : []),
  ...(own ? (['own'] as const) : []),
  ...(['third', 'fourth'] as const).slice(0, further),
];

const inputsAmong = (numbers: Numbers): Input[] => (['anchors', 'positives', 'negatives', 'own', 'third', 'fourth'] as const).filter((input) => numbers[input] !== undefined);

const asPairs = (tensors: Readonly<Partial<Record<Input, tf.Tensor2D>>>): Omit<PositivePairs, 'weight'> => {
  const { anchors, positives, negatives, own, third, fourth } = tensors;
  const furtherViews = [third, fourth].filter((view) => view !== undefined);
  return { anchors: anchors!, positives: positives!, ...(negatives && { negatives }), ...(own && { ownNegatives: tf.reshape(own, [-1, 2, own.shape[1]]) as tf.Tensor3D }), ...(furtherViews.length > 0 && { furtherViews }) };
};

export function toPairs({ labels, ...numbers }: Numbers): PositivePairs {
  const tensors = inputsAmong(numbers).map((input) => [input, tf.tensor2d(numbers[input] as number[][])]);
  return {
    ...asPairs(Object.fromEntries(tensors)),
    ...(labels ? { labels: Int32Array.from(labels) } : {}),
    weight: 1,
  };
}

function dispose({ anchors, positives, negatives, ownNegatives, furtherViews = [] }: PositivePairs): void {
  tf.dispose([anchors, positives, ...furtherViews, ...(negatives ? [negatives] : []), ...(ownNegatives ? [ownNegatives] : [])]);
}

export function valueAndGradients(
  loss: (pairs: PositivePairs) => tf.Scalar,
  numbers: Numbers,
): { value: number; gradients: Partial<Record<Input, number[][]>> } {
  const labels = numbers.labels && Int32Array.from(numbers.labels);
  const names = inputsAmong(numbers);
  const inputs = names.map((input) => tf.tensor2d(numbers[input] as number[][]));
  const { value, grads } = tf.valueAndGrads((...given: tf.Tensor[]) =>
    loss({ ...asPairs(Object.fromEntries(names.map((input, i) => [input, given[i] as tf.Tensor2D]))), ...(labels && { labels }), weight: 1 }),
  )(inputs);
  const gradients = Object.fromEntries(names.map((input, i) => [input, grads[i]!.arraySync() as number[][]]));
  const result = { value: value.dataSync()[0]!, gradients };
  tf.dispose([value, ...grads, ...inputs]);
  return result;
}

function changed(numbers: Numbers, change: (rows: Rows, input: string) => Rows): Numbers {
  return { ...numbers, ...Object.fromEntries(inputsAmong(numbers).map((input) => [input, change(numbers[input]!, input)])) };
}

/** Central differences in float64, of all rows or of some. */
export function differences(loops: LossCase['loops'], numbers: Numbers, input: Input, some?: readonly number[], step = 1e-5): number[][] {
  const rows = numbers[input]!;
  return (some ?? rows.map((_, i) => i)).map((i) =>
    rows[i]!.map((_, d) => {
      const at = (shift: number): number => {
        const moved = rows.map((other, j) => other.map((value, e) => (i === j && d === e ? value + shift : value)));
        return loops({ ...numbers, [input]: moved }, numbers);
      };
      return (at(step) - at(-step)) / (2 * step);
    }),
  );
}

/** Mean cosine of anchors and what they belong to: their other views, and those of their class. */
function alignment({ anchors, positives, third = [], fourth = [], labels }: Numbers): number {
  const length = (row: readonly number[]): number => Math.hypot(...row);
  const alike = (i: number, j: number): boolean => i === j || (labels !== undefined && labels[i]! >= 0 && labels[i] === labels[j]);
  const cosines = anchors.flatMap((anchor, i) =>
    [positives, third, fourth].flatMap((view) =>
      view.filter((_, j) => alike(i, j)).map((row) => anchor.reduce((sum, value, d) => sum + value * row[d]!, 0) / (length(anchor) * length(row))),
    ),
  );
  return cosines.reduce((sum, value) => sum + value, 0) / cosines.length;
}

export function close(got: number, expected: number, tolerance: number): void {
  expect(Math.abs(got - expected), `got ${got}, expected ${expected}`).toBeLessThanOrEqual(tolerance * (1 + Math.abs(expected)));
}

/** Compares against the largest entry, or `least` if all are smaller; a failure shows the worst and where it is. */
export function closeRows(got: Rows, expected: Rows, tolerance: number, what: string, least = 1e-3): void {
  const largest = Math.max(least, ...expected.flat().map(Math.abs));
  let [worst, where] = [-1, ''];
  expected.forEach((row, i) =>
    row.forEach((value, d) => {
      const off = Math.abs(got[i]![d]! - value);
      if (!(off <= worst)) [worst, where] = [off, `gradient of ${what}[${i}][${d}]: got ${got[i]![d]}, expected ${value}`];
    }),
  );
  expect(worst, where).toBeLessThanOrEqual(tolerance * largest);
}
