/** Brightness, contrast, saturation and hue, in an order drawn for each image. */
import { ArgumentError } from '@kindred/core';
import { matMul, reshape, type Tensor3D, tidy } from '@tensorflow/tfjs-core';
import type { Augmentation } from './augmentation.js';
import { checkBatch, checkProbability } from './checks.js';
import { changeColors, type ColorChange, colorMatrices, unchanged } from './color-matrices.js';
import { shiftHue } from './shift-hue.js';

/** Options of `colorJitter`. Papers disagree on all of them, so none has a default. */
export interface ColorJitterOptions {
  /** Of each image to be changed at all, 0..1. */
  readonly probability: number;
  /** The factor is uniform over 1 ± this, not below 0; 0 leaves it out. */
  readonly brightness: number;
  /** The factor is uniform over 1 ± this, not below 0; 0 leaves it out. */
  readonly contrast: number;
  /** The factor is uniform over 1 ± this, not below 0; 0 leaves it out. */
  readonly saturation: number;
  /** The shift is uniform over ± this, in turns of the colour circle, 0..0.5; 0 leaves it out. */
  readonly hueTurns: number;
}

/** A step of `colorJitter`. */
export type JitterStep = 'brightness' | 'contrast' | 'saturation' | 'hue';

/** What `colorJitter` draws for an image. */
export interface JitterRecord {
  /** The steps in the order in which they are applied; none where the image is left as it is. */
  readonly order: readonly JitterStep[];
  /** Factor. */
  readonly brightness: number;
  /** Factor. */
  readonly contrast: number;
  /** Factor. */
  readonly saturation: number;
  /** Shift in turns. */
  readonly hueTurns: number;
}

const still: JitterRecord = { order: [], brightness: 1, contrast: 1, saturation: 1, hueTurns: 0 };

/** The linear steps, by torchvision's definitions. */
const changes: Record<Exclude<JitterStep, 'hue'>, (record: JitterRecord) => ColorChange> = {
  brightness: (record) => ({ own: record.brightness, gray: 0, mean: 0 }),
  contrast: (record) => ({ own: record.contrast, gray: 0, mean: 1 - record.contrast }),
  saturation: (record) => ({ own: record.saturation, gray: 1 - record.saturation, mean: 0 }),
};

/**
 * Changes brightness (a factor), contrast (towards or away from the image's mean grey), saturation (towards or away from
 * each pixel's grey) and hue (a turn in HSV), by torchvision's definitions, in an order drawn for each image, clipped to
 * 0..1 after each step. For images of one channel saturation and hue change nothing.
 *
 * The whole batch runs through up to three linear steps, the hue and up to three linear steps again; an image that has
 * none at a place passes it with factor 1 (and through the hue within 3e-7).
 *
 * TensorFlow's contrast (SimCLR, BYOL) turns about each channel's mean instead of the mean grey.
 *
 * @throws ArgumentError for an option out of range.
 *
 * @example
 * const jitter = colorJitter({ probability: 0.8, brightness: 0.4, contrast: 0.4, saturation: 0.4, hueTurns: 0.1 });
 * const record = { order: ['brightness', 'hue'] as const, brightness: 2, contrast: 1, saturation: 1, hueTurns: 1 / 3 };
 * jitter.apply(tf.tensor4d([0.4, 0, 0], [1, 1, 1, 3]), [record]).flatten().arraySync(); // => [0, 0.8, 0]
 *
 * @see Chen et al. 2020, SimCLR, appendix A
 */
export function colorJitter(options: ColorJitterOptions): Augmentation<JitterRecord> {
  const { probability, brightness, contrast, saturation, hueTurns } = options;
  checkProbability('colorJitter.probability', probability);
  for (const [name, strength] of Object.entries({ brightness, contrast, saturation })) {
    if (!(strength >= 0 && Number.isFinite(strength))) {
      throw new ArgumentError(`colorJitter.${name}`, 'a number of 0 or more', strength, 'The factor is drawn from 1 ± this.');
    }
  }
  if (!(hueTurns >= 0 && hueTurns <= 0.5)) {
    throw new ArgumentError('colorJitter.hueTurns', 'turns of 0..0.5', hueTurns, 'A whole circle is 1 turn.');
  }
  const strengths: Record<JitterStep, number> = { brightness, contrast, saturation, hue: hueTurns };
  const steps = (Object.keys(strengths) as JitterStep[]).filter((step) => strengths[step] > 0);

  return {
    name: 'colorJitter',
    draw(random) {
      if (!random.chance(probability)) return still;
      const factor = (strength: number): number =>
        strength === 0 ? 1 : random.uniform(Math.max(0, 1 - strength), 1 + strength);
      return {
        order: Array.from(random.permutation(steps.length), (index) => steps[index]!),
        brightness: factor(brightness),
        contrast: factor(contrast),
        saturation: factor(saturation),
        hueTurns: hueTurns === 0 ? 0 : random.uniform(-hueTurns, hueTurns),
      };
    },
    apply(images, records) {
      checkBatch('colorJitter', images, records, [1, 3]);
      return tidy(() => {
        const [n, height, width, channels] = images.shape;
        const pixels: Tensor3D = reshape(images, [n, height * width, channels]);
        return reshape(jittered(pixels, records, channels), [n, height, width, channels]);
      });
    },
  };
}

function jittered(pixels: Tensor3D, records: readonly JitterRecord[], channels: number): Tensor3D {
  const places = records.map((record) => aroundHue(record, channels));
  const linear = (x: Tensor3D, side: 'before' | 'after', planes: boolean): Tensor3D => {
    const depth = Math.max(...places.map((place) => place[side].length));
    for (let at = 0; at < depth; at++) {
      x = changeColors(x, places.map((place) => place[side][at] ?? unchanged), planes && at === 0);
    }
    return planes && depth === 0 ? matMul(x, colorMatrices(records.map(() => unchanged), channels), true) : x;
  };
  const before = linear(pixels, 'before', false);
  if (places.every((place) => place.turns === 0)) return linear(before, 'after', false);
  return linear(shiftHue(before, places.map((place) => place.turns)), 'after', true);
}

/** The linear steps of an image before and after its hue, and its turn. */
function aroundHue(record: JitterRecord, channels: number): { before: ColorChange[]; after: ColorChange[]; turns: number } {
  const before: ColorChange[] = [];
  const after: ColorChange[] = [];
  let side = before;
  let turns = 0;
  for (const step of record.order) {
    if (step !== 'hue') {
      if (step !== 'saturation' || channels > 1) side.push(changes[step](record));
    } else if (channels > 1) {
      turns = record.hueTurns;
      side = after;
    }
  }
  return { before, after, turns };
}
