import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { constant, cosineRamp, extendSchedule, scaleLearningRate, stepDecay, warmupCosine } from '../src/index.js';

describe('warmupCosine', () => {
  test('rises in a line from 0 at the first step to the peak at step warmupSteps', () => {
    expect([0, 1, 2, 3, 4].map(warmupCosine({ peak: 0.8, warmupSteps: 4, totalSteps: 100 }))).toEqual([0, 0.2, 0.4, 0.6000000000000001, 0.8]);
  });

  test('starts the rise where it is told to', () => {
    expect([0, 1, 2].map(warmupCosine({ peak: 1, warmupSteps: 2, totalSteps: 10, start: 0.5 }))).toEqual([0.5, 0.75, 1]);
  });

  test('falls along half a cosine: √½ of the way after a quarter, half after half', () => {
    const rate = warmupCosine({ peak: 2, warmupSteps: 10, totalSteps: 110 });
    expect(rate(35)).toBeCloseTo(1 + Math.SQRT1_2, 12);
    expect(rate(60)).toBeCloseTo(1, 12);
    expect(rate(85)).toBeCloseTo(1 - Math.SQRT1_2, 12);
  });

  test('reaches final at totalSteps and keeps it', () => {
    const rate = warmupCosine({ peak: 1, warmupSteps: 0, totalSteps: 10, final: 0.1 });
    expect(rate(0)).toBe(1);
    expect(rate(9)).toBeCloseTo(0.1 + (0.9 * (1 + Math.cos(0.9 * Math.PI))) / 2, 12);
    expect([10, 11, 1e6].map(rate)).toEqual([0.1, 0.1, 0.1]);
  });

  test('never leaves the range of its ends, and never rises after the warm-up', () => {
    fc.assert(
      fc.property(fc.nat(50), fc.integer({ min: 1, max: 200 }), fc.double({ min: 0, max: 1, noNaN: true }), (warmupSteps, rest, final) => {
        const rate = warmupCosine({ peak: 1, warmupSteps, totalSteps: warmupSteps + rest, final });
        const values = Array.from({ length: warmupSteps + rest + 2 }, (_, step) => rate(step));
        expect(values.every((value) => value >= 0 && value <= 1)).toBe(true);
        for (let step = warmupSteps; step <= warmupSteps + rest; step += 1) expect(values[step + 1]!).toBeLessThanOrEqual(values[step]! + 1e-15);
      }),
    );
  });

  test('a warm-up as long as the training ends at final', () => {
    expect([0, 5, 9, 10].map(warmupCosine({ peak: 1, warmupSteps: 10, totalSteps: 10 }))).toEqual([0, 0.5, 0.9, 0]);
  });

  test("inclusive, it is lightly's: the formula written out, whose peak stands twice and whose last step has final", () => {
    const [peak, final, w, T] = [0.3, 0.001, 5, 20];
    const rate = warmupCosine({ peak, warmupSteps: w, totalSteps: T, final, inclusive: true });
    const lightly = (k: number): number => (k < w ? (peak * (k + 1)) / w : final + ((peak - final) * (1 + Math.cos((Math.PI * (k - w)) / (T - w - 1)))) / 2);
    for (let k = 0; k < T; k++) expect(rate(k)).toBeCloseTo(lightly(k), 12);
    expect([rate(4), rate(5), rate(19), rate(20)]).toEqual([0.3, 0.3, 0.001, 0.001]);
    // the plain schedule a step later is another one as soon as the warm-up is over
    expect(warmupCosine({ peak, warmupSteps: w, totalSteps: T, final })(5 + 1)).toBeCloseTo(0.29673, 5);
    expect([0, 1].map(warmupCosine({ peak: 1, warmupSteps: 1, totalSteps: 2, final: 0.5, inclusive: true }))).toEqual([1, 0.5]);
  });

  test('says what is wrong with an option', () => {
    const make = (more: object) => () => warmupCosine({ peak: 1, warmupSteps: 1, totalSteps: 10, ...more });
    expect(make({ warmupSteps: 11 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: warmupCosine.warmupSteps: received 11, expected at most totalSteps (10). Train longer or warm up less.]`);
    expect(make({ warmupSteps: 0.5 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: warmupCosine.warmupSteps: received 0.5, expected a whole number of 0 or more.]`);
    expect(make({ totalSteps: 0 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: warmupCosine.totalSteps: received 0, expected a whole number above 0.]`);
    expect(make({ peak: NaN })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: warmupCosine.peak: received NaN, expected a finite number, 0 or above.]`);
    expect(make({ start: -1 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: warmupCosine.start: received -1, expected a finite number, 0 or above.]`);
    expect(make({ final: Infinity })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: warmupCosine.final: received Infinity, expected a finite number, 0 or above.]`);
  });
});

describe('extendSchedule', () => {
  const schedule = warmupCosine({ peak: 1, warmupSteps: 10, totalSteps: 100, final: 0.01 });

  test('is the old schedule bit for bit before its step, has no jump there, and ends at final', () => {
    const longer = extendSchedule({ schedule, from: 60, totalSteps: 300, final: 0.01 });
    for (let step = 0; step < 60; step++) expect(longer(step)).toBe(schedule(step));
    expect(longer(60)).toBe(schedule(60));
    expect(Math.abs(longer(61) - longer(60))).toBeLessThan(1e-3);
    expect(longer(180)).toBeCloseTo((schedule(60) + 0.01) / 2, 12); // half way
    expect([longer(300), longer(1000)]).toEqual([0.01, 0.01]);
  });

  test('goes to another peak in a line, or at once', () => {
    const again = extendSchedule({ schedule, from: 100, totalSteps: 200, peak: 0.51, warmupSteps: 5 });
    expect([100, 101, 102, 103, 104, 105].map((step) => Math.round(again(step) * 1e9) / 1e9)).toEqual([0.01, 0.11, 0.21, 0.31, 0.41, 0.51]);
    expect(extendSchedule({ schedule, from: 50, totalSteps: 100, peak: 0.05 })(50)).toBe(0.05);
  });

  test('asks for a peak if nothing is left to come down from', () => {
    expect(() => extendSchedule({ schedule, from: 100, totalSteps: 200, final: 0.01 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: extendSchedule.peak: received undefined, expected a value, as the schedule has come down to 0.01 at step 100. Give the rate to go on with.]`);
    expect(() => extendSchedule({ schedule, from: 100, totalSteps: 100, peak: 1 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: extendSchedule.totalSteps: received 100, expected more than from (100).]`);
  });
});

test('constant is the same at every step, and no NaN', () => {
  expect([0, 1, 1e9].map(constant(0.3))).toEqual([0.3, 0.3, 0.3]);
  expect(() => constant(NaN)).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: constant.value: received NaN, expected a finite number.]`);
});

describe('stepDecay', () => {
  test("falls to a tenth at 60 and at 80, as MoCo's linear probe does", () => {
    const rate = stepDecay({ initial: 30, milestones: [60, 80], factor: 0.1 });
    [30, 30, 3, 3, 0.3].forEach((value, i) => expect(rate([0, 59, 60, 79, 80][i]!)).toBeCloseTo(value, 12));
  });

  test('no milestones, no change; milestones must rise', () => {
    expect(stepDecay({ initial: 1, milestones: [], factor: 0.1 })(1e6)).toBe(1);
    expect(() => stepDecay({ initial: 1, milestones: [80, 60], factor: 0.1 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: stepDecay.milestones: received [80,60], expected whole numbers that rise.]`);
    expect(() => stepDecay({ initial: 1, milestones: [1], factor: 0 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: stepDecay.factor: received 0, expected a finite number above 0.]`);
  });
});

describe('cosineRamp', () => {
  test("is BYOL's 1 − (1 − τ₀)(1 + cos(πk/K))/2", () => {
    const decay = cosineRamp({ start: 0.996, totalSteps: 1000 });
    for (const step of [0, 1, 250, 500, 999, 1000]) {
      expect(decay(step)).toBeCloseTo(1 - (0.004 * (Math.cos((Math.PI * step) / 1000) + 1)) / 2, 14);
    }
    expect(decay(5000)).toBe(1);
  });

  test('ends where it is told to', () => {
    const decay = cosineRamp({ start: 0.9, final: 0.95, totalSteps: 10 });
    expect([0, 10].map(decay)).toEqual([0.9, 0.95]);
    expect(decay(5)).toBeCloseTo(0.925, 12);
  });

  test('says what is wrong with an option', () => {
    expect(() => cosineRamp({ start: 1, totalSteps: 10 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: cosineRamp.start: received 1, expected a number in [0, 1). It is the share that is kept each step.]`);
    expect(() => cosineRamp({ start: 0.99, final: 0.9, totalSteps: 10 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: cosineRamp.final: received 0.9, expected a number of start (0.99) to 1.]`);
    expect(() => cosineRamp({ start: 0.99, totalSteps: 1.5 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: cosineRamp.totalSteps: received 1.5, expected a whole number above 0.]`);
  });
});

describe('scaleLearningRate', () => {
  test("SimCLR's two rules agree at a batch of 4,096", () => {
    expect(scaleLearningRate({ base: 0.3, batchSize: 4096, rule: 'linear', reference: 256 })).toBeCloseTo(4.8, 12);
    expect(scaleLearningRate({ base: 0.075, batchSize: 4096, rule: 'sqrt', reference: 1 })).toBeCloseTo(4.8, 12);
  });

  test('gives the base at the reference, by either rule', () => {
    for (const rule of ['linear', 'sqrt'] as const) expect(scaleLearningRate({ base: 0.06, batchSize: 128, rule, reference: 128 })).toBe(0.06);
  });

  test('says what is wrong with an option', () => {
    const make = (more: object) => () => scaleLearningRate({ base: 1, batchSize: 256, rule: 'linear', reference: 256, ...more });
    expect(make({ batchSize: 0 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: scaleLearningRate.batchSize: received 0, expected a finite number above 0.]`);
    expect(make({ rule: 'cubic' })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: scaleLearningRate.rule: received "cubic", expected 'linear' or 'sqrt'.]`);
    expect(make({ reference: -1 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: scaleLearningRate.reference: received -1, expected a finite number above 0.]`);
  });
});
