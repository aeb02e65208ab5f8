/** Colour jitter: values by hand, an oracle in loops over numbers, the distribution of what is drawn. */
import { random } from '@kindred/core';
import { memory, type Tensor4D, tensor4d, tidy } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { colorJitter, type JitterRecord, type JitterStep } from '../src/index.js';
import { valuesInMemory } from '../src/in-memory.js';
import { jitterByTensors } from '../src/jitter-by-tensors.js';
import { type JitterMeaning, jitterPlan } from '../src/jitter-steps.js';
import { distance, distributionDistance, images, onBackends, pixels } from './support.js';

const size = { height: 8, width: 8 };
const strong = colorJitter({ probability: 1, brightness: 0.8, contrast: 0.8, saturation: 0.8, hueTurns: 0.2 });
const record = (given: Partial<JitterRecord>): JitterRecord => ({
  order: [],
  brightness: 1,
  contrast: 1,
  saturation: 1,
  hueTurns: 0,
  ...given,
});

const torchvision: JitterMeaning = { definitions: 'torchvision', additiveBrightness: false };
const byol: JitterMeaning = { definitions: 'tensorflow', additiveBrightness: true };

/** The ways to compute it, each on pixels `[N, P, C]`: what a backend gets is one of them. */
const ways = {
  canvas: (values: Float32Array, records: JitterRecord[], channels: number, meaning = torchvision): Float32Array =>
    tidy(() => {
      const jitter = colorJitter({ probability: 1, brightness: 1, contrast: 1, saturation: 1, hueTurns: 0.5, ...meaning });
      return jitter.apply(asImages(values, records.length, channels), records).dataSync<'float32'>().slice();
    }),
  tensors: (values: Float32Array, records: JitterRecord[], channels: number, meaning = torchvision): Float32Array =>
    tidy(() => {
      const plans = records.map((each) => jitterPlan(each, channels, meaning));
      return jitterByTensors(asImages(values, records.length, channels), plans).dataSync<'float32'>().slice();
    }),
};
const asImages = (values: Float32Array, n: number, channels: number): Tensor4D => tensor4d(values.slice(), [n, 1, values.length / n / channels, channels]);

/** By the textbook: torchvision's definitions, HSV by way of angles in degrees, in float64. */
function oracle(values: Float32Array, { order, ...factors }: JitterRecord, channels: number, meaning = torchvision): number[] {
  let all = [...values];
  const pixelsOf = (): number[][] =>
    Array.from({ length: all.length / channels }, (_, i) => all.slice(i * channels, (i + 1) * channels));
  const gray = (pixel: number[]): number =>
    channels === 1 ? pixel[0]! : 0.2989 * pixel[0]! + 0.587 * pixel[1]! + 0.114 * pixel[2]!;
  const clip = (x: number): number => Math.min(1, Math.max(0, x));
  for (const step of order) {
    const each = pixelsOf();
    const mean = (of: (pixel: number[]) => number): number => each.map(of).reduce((a, b) => a + b, 0) / each.length;
    const google = meaning.definitions === 'tensorflow';
    const pivots = Array.from({ length: channels }, (_, c) => mean(google ? (pixel) => pixel[c]! : gray));
    all = each.flatMap((pixel) => {
      if (step === 'brightness') return pixel.map((x) => clip(meaning.additiveBrightness ? x + factors.brightness : x * factors.brightness));
      if (step === 'contrast') return pixel.map((x, c) => clip(pivots[c]! + factors.contrast * (x - pivots[c]!)));
      if (channels === 1) return pixel;
      if (step === 'saturation' && google) {
        // as long as hue and value stay, a channel's distance from the value is in proportion to the saturation
        const value = Math.max(...pixel);
        const before = value === 0 ? 0 : 1 - Math.min(...pixel) / value;
        const after = Math.min(1, before * factors.saturation);
        return pixel.map((x) => (before === 0 ? x : value - ((value - x) * after) / before));
      }
      if (step === 'saturation') return pixel.map((x) => clip(gray(pixel) + factors.saturation * (x - gray(pixel))));
      const [r, g, b] = pixel as [number, number, number];
      const degrees = (Math.atan2(Math.sqrt(3) * (g - b), 2 * r - g - b) * 180) / Math.PI; // only to find the sextant
      const [high, low] = [Math.max(r, g, b), Math.min(r, g, b)];
      if (high === low) return pixel;
      const sextant = Math.floor(((degrees + 360) % 360) / 60);
      const middle = r + g + b - high - low;
      const part = (middle - low) / (high - low);
      const hue = 60 * (sextant % 2 === 0 ? sextant + part : sextant + 1 - part) + 360 * factors.hueTurns;
      const wave = (offset: number): number => {
        const k = ((((offset + hue / 60) % 6) + 6) % 6);
        return high - (high - low) * Math.max(0, Math.min(k, 4 - k, 1));
      };
      return [wave(5), wave(3), wave(1)];
    });
  }
  return all;
}

const factor = fc.double({ min: 0, max: 2, noNaN: true });
const records = fc.record({
  order: fc.shuffledSubarray<JitterStep>(['brightness', 'contrast', 'saturation', 'hue']),
  brightness: factor,
  contrast: factor,
  saturation: factor,
  hueTurns: fc.double({ min: -0.5, max: 0.5, noNaN: true }),
});

describe.each(Object.keys(ways) as (keyof typeof ways)[])('by %s', (way) => {
  const jitter = (values: number[], given: Partial<JitterRecord>, channels = 3): number[] =>
    [...ways[way](Float32Array.from(values), [record(given)], channels)];
  const near = (actual: number[], expected: number[]): void => expect(distance(actual, expected)).toBeLessThan(1e-6);

  onBackends(() => {
    test('brightness is a factor, clipped: 0.4 and 0.8 at 1.5 are 0.6 and 1', () => {
      near(jitter([0.4, 0.8, 0], { order: ['brightness'], brightness: 1.5 }), [0.6, 1, 0]);
    });

    test('contrast goes away from the mean grey of the image, one pivot for all channels', () => {
      // greys 0.2989 and 0.587: the mean is 0.44295
      near(jitter([1, 0, 0, 0, 1, 0], { order: ['contrast'], contrast: 0.5 }), [0.721475, 0.221475, 0.221475, 0.221475, 0.721475, 0.221475]);
    });

    test('saturation goes away from the grey of the pixel, clipped', () => {
      near(jitter([0.6, 0.5, 0.5], { order: ['saturation'], saturation: 0 }), [0.52984, 0.52984, 0.52984]);
      near(jitter([0.9, 0.1, 0.1], { order: ['saturation'], saturation: 2 }), [1, 0, 0]);
    });

    test('hue is in turns: a third of a turn takes red to green', () => {
      near(jitter([0.8, 0.2, 0.2], { order: ['hue'], hueTurns: 1 / 3 }), [0.2, 0.8, 0.2]);
      near(jitter([0.8, 0.2, 0.2], { order: ['hue'], hueTurns: -1 / 3 }), [0.2, 0.2, 0.8]);
      near(jitter([0.8, 0.2, 0.2], { order: ['hue'], hueTurns: 1 / 12 }), [0.8, 0.5, 0.2]);
    });

    test('turns wrap around: 3.25 turns are a quarter turn, and just below red is red', () => {
      near(jitter([0.8, 0.2, 0.4], { order: ['hue'], hueTurns: 3.25 }), jitter([0.8, 0.2, 0.4], { order: ['hue'], hueTurns: 0.25 }));
      // a third of a sixth back: float64 ends at −6e-17, and 6 − 6e-17 is 6
      near(jitter([1, 0.5, 0.25], { order: ['hue'], hueTurns: -0.05555555555555556 }), [1, 0.25, 0.25]);
    });

    test('hue leaves grey, black and white as they are', () => {
      near(jitter([0.5, 0.5, 0.5, 0, 0, 0, 1, 1, 1], { order: ['hue'], hueTurns: 0.3 }), [0.5, 0.5, 0.5, 0, 0, 0, 1, 1, 1]);
    });

    test('each step is clipped before the next: brightness 2 then 0.5 is not the image', () => {
      const order = ['brightness', 'saturation'] as const;
      near(jitter([0.8, 0.8, 0.8], { order, brightness: 2, saturation: 0.5 }), [0.9999 * 0.5 + 0.5, 0.9999 * 0.5 + 0.5, 0.9999 * 0.5 + 0.5]);
    });

    test('the order counts: saturation 0 before a hue leaves nothing to turn, after it takes all away', () => {
      const grey = 0.2989 * 0.8 + 0.701 * 0.2;
      near(jitter([0.8, 0.2, 0.2], { order: ['saturation', 'hue'], saturation: 0, hueTurns: 1 / 3 }), [grey, grey, grey]);
      const green = 0.587 * 0.8 + 0.4129 * 0.2;
      near(jitter([0.8, 0.2, 0.2], { order: ['hue', 'saturation'], saturation: 0, hueTurns: 1 / 3 }), [green, green, green]);
    });

    test('with one channel brightness and contrast hold, saturation and hue change nothing', () => {
      near(jitter([0.2, 0.6], { order: ['saturation', 'hue'], saturation: 0, hueTurns: 0.3 }, 1), [0.2, 0.6]);
      near(jitter([0.2, 0.6], { order: ['hue', 'contrast'], contrast: 0.5, hueTurns: 0.3 }, 1), [0.3, 0.5]);
      near(jitter([0.2, 0.6], { order: ['brightness'], brightness: 1.5 }, 1), [0.3, 0.9]);
    });

    test.each([1, 3])('equals the definitions, written as loops over numbers: %i channels, any order', (channels) => {
      fc.assert(
        fc.property(fc.array(records, { minLength: 1, maxLength: 4 }), fc.nat(), (given, seed) => {
          const values = pixels([given.length, 3, 4, channels], seed);
          const actual = ways[way](values, given, channels);
          given.forEach((each, i) => {
            const image = (x: Float32Array): Float32Array => x.slice(i * 12 * channels, (i + 1) * 12 * channels);
            // within 1e-5: float32; a clip to nearly grey before a hue magnifies a rounding. Worst of 20,000 runs: 3e-6
            expect(distance(image(actual), oracle(image(values), each, channels))).toBeLessThan(1e-5);
          });
        }),
        { numRuns: 60 },
      );
    });

    test('BYOL adds brightness, up to white and down to black', () => {
      const added = (brightness: number): number[] => [...ways[way](Float32Array.of(0.4, 0.8, 0), [record({ order: ['brightness'], brightness })], 3, byol)];
      near(added(0.3), [0.7, 1, 0.3]);
      near(added(-0.5), [0, 0.3, 0]);
    });

    test('TensorFlow’s contrast has a pivot for each channel, its saturation multiplies HSV’s and ends at 1', () => {
      const jittered = (values: number[], given: Partial<JitterRecord>): number[] => [...ways[way](Float32Array.from(values), [record(given)], 3, byol)];
      near(jittered([1, 0, 0.2, 0, 1, 0.2], { order: ['contrast'], contrast: 0.5 }), [0.75, 0.25, 0.2, 0.25, 0.75, 0.2]);
      near(jittered([0.8, 0.6, 0.4], { order: ['saturation'], saturation: 0.5 }), [0.8, 0.7, 0.6]);
      near(jittered([0.8, 0.6, 0.4], { order: ['saturation'], saturation: 1.5 }), [0.8, 0.5, 0.2]);
      near(jittered([0.8, 0.6, 0.4], { order: ['saturation'], saturation: 4 }), [0.8, 0.4, 0]);
    });

    test.each([1, 3])('equals BYOL’s definitions, written as loops over numbers: %i channels, any order', (channels) => {
      fc.assert(
        fc.property(fc.array(records, { minLength: 1, maxLength: 4 }), fc.nat(), (given, seed) => {
          const values = pixels([given.length, 3, 4, channels], seed);
          const drawn = given.map((each) => ({ ...each, brightness: each.brightness - 1 }));
          const actual = ways[way](values, drawn, channels, byol);
          drawn.forEach((each, i) => {
            const image = (x: Float32Array): Float32Array => x.slice(i * 12 * channels, (i + 1) * 12 * channels);
            // within 1e-5: as above
            expect(distance(image(actual), oracle(image(values), each, channels, byol))).toBeLessThan(1e-5);
          });
        }),
        { numRuns: 60 },
      );
    });
  });
});

test('the tensors’ way leaves no tensor behind', () => {
  const before = memory().numTensors;
  ways.tensors(pixels([4, 3, 3, 3]), [0, 1, 2, 3].map((i) => strong.draw(random(i), size)), 3);
  expect(memory().numTensors).toBe(before);
});

onBackends((_, kernels) => {
  test('an image that is left as it is keeps its bits; by tensors it passes what others need, within 5e-7', () => {
    tidy(() => {
      const result = strong.apply(images([2, 4, 4, 3]), [record({}), record({ order: ['hue'], hueTurns: 0.2 })]).dataSync().slice(0, 48);
      const given = pixels([2, 4, 4, 3]).slice(0, 48);
      if (kernels && valuesInMemory()) expect(result).toEqual(given);
      else expect(distance(result, given)).toBeLessThan(5e-7);
    });
  });

  test('an array that a tensor was made of is not written to', () => {
    const values = pixels([1, 4, 4, 3]);
    const before = values.slice();
    tidy(() => void strong.apply(tensor4d(values, [1, 4, 4, 3]), [record({ order: ['brightness'], brightness: 0.5 })]).dataSync());
    expect(values).toEqual(before);
  });
});

describe('draws', () => {
  const drawn = Array.from({ length: 4800 }, (_, i) => strong.draw(random(i), size));

  test('factors are uniform over 1 ± strength, turns over ± strength', () => {
    // 1.95/√4800
    expect(distributionDistance(drawn.map((r) => r.brightness), (x) => (x - 0.2) / 1.6)).toBeLessThan(0.0282);
    expect(distributionDistance(drawn.map((r) => r.contrast), (x) => (x - 0.2) / 1.6)).toBeLessThan(0.0282);
    expect(distributionDistance(drawn.map((r) => r.saturation), (x) => (x - 0.2) / 1.6)).toBeLessThan(0.0282);
    expect(distributionDistance(drawn.map((r) => r.hueTurns), (x) => (x + 0.2) / 0.4)).toBeLessThan(0.0282);
  });

  test('a strength above 1 reaches down to 0, not below', () => {
    const wild = colorJitter({ probability: 1, brightness: 1.5, contrast: 0, saturation: 0, hueTurns: 0 });
    const factors = Array.from({ length: 2000 }, (_, i) => wild.draw(random(i), size).brightness);
    expect(distributionDistance(factors, (x) => x / 2.5)).toBeLessThan(0.0437);
  });

  test('all 24 orders are equally likely', () => {
    const counts = new Map<string, number>();
    for (const { order } of drawn) counts.set(order.join(), (counts.get(order.join()) ?? 0) + 1);
    expect(counts.size).toBe(24);
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - 200) ** 2 / 200, 0);
    expect(chiSquare).toBeLessThan(49.7); // 23 degrees of freedom: above it once in 1,000 times
  });

  test('a strength of 0 leaves its step out', () => {
    const some = colorJitter({ probability: 1, brightness: 0.4, contrast: 0, saturation: 0, hueTurns: 0.1 });
    for (let i = 0; i < 20; i++) {
      const { order, contrast, saturation } = some.draw(random(i), size);
      expect([...order].sort()).toEqual(['brightness', 'hue']);
      expect([contrast, saturation]).toEqual([1, 1]);
    }
  });

  test('an image is changed with the probability given', () => {
    const often = colorJitter({ probability: 0.8, brightness: 0.4, contrast: 0.4, saturation: 0.4, hueTurns: 0.1 });
    const share = Array.from({ length: 2000 }, (_, i) => often.draw(random(i), size)).filter(({ order }) => order.length > 0).length;
    expect(Math.abs(share / 2000 - 0.8)).toBeLessThan(0.027); // 3 standard deviations
  });
});

describe('messages', () => {
  const fine = { probability: 0.8, brightness: 0.4, contrast: 0.4, saturation: 0.4, hueTurns: 0.1 };

  test('options out of range', () => {
    expect(() => colorJitter({ ...fine, probability: 1.2 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: colorJitter.probability: received 1.2, expected a probability of 0..1.]`);
    expect(() => colorJitter({ ...fine, contrast: -0.4 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: colorJitter.contrast: received -0.4, expected a number of 0 or more. The factor is drawn from 1 ± this.]`);
    expect(() => colorJitter({ ...fine, hueTurns: 36 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: colorJitter.hueTurns: received 36, expected turns of 0..0.5. A whole circle is 1 turn.]`);
  });

  test('images of two channels', () => {
    tidy(() => {
      expect(() => colorJitter(fine).apply(images([1, 4, 4, 2]), [record({})])).toThrowErrorMatchingInlineSnapshot(`[ShapeError: colorJitter: images is [1, 4, 4, 2], expected 1 or 3 channels. Colours are red, green, blue in this order, grey images have one channel.]`);
    });
  });
});
