/** Brightness, contrast, saturation and hue, in an order drawn for each image. */
import { ArgumentError } from '@kindred/core';
import type { Augmentation } from './augmentation.js';
import { checkProbability } from './checks.js';
import { defineAugmentation } from './define-augmentation.js';
import { jitterByTensors } from './jitter-by-tensors.js';
import { type ColorDefinitions, type JitterMeaning, jitterPlan, type JitterRecord, type JitterStep } from './jitter-steps.js';

/** Options of `colorJitter`. Papers disagree on all of them, so none has a default. */
export interface ColorJitterOptions {
  /** Of each image to be changed at all, 0..1. */
  readonly probability: number;
  /** The factor is uniform over 1 ± this, not below 0; 0 leaves it out. With `additiveBrightness` see there. */
  readonly brightness: number;
  /** The factor is uniform over 1 ± this, not below 0; 0 leaves it out. */
  readonly contrast: number;
  /** The factor is uniform over 1 ± this, not below 0; 0 leaves it out. */
  readonly saturation: number;
  /** The shift is uniform over ± this, in turns of the colour circle, 0..0.5; 0 leaves it out. */
  readonly hueTurns: number;
  /**
   * Whose contrast and saturation. torchvision (the default): about the image's mean grey, and about each pixel's grey.
   * TensorFlow, which SimCLR and BYOL use: about the mean of each channel, and a factor on HSV's, cut at 1.
   */
  readonly definitions?: ColorDefinitions | undefined;
  /** Whether brightness is a sum, uniform over ± its strength, instead of a factor: SimCLR v1 and BYOL. */
  readonly additiveBrightness?: boolean | undefined;
}

const still: JitterRecord = { order: [], brightness: 1, contrast: 1, saturation: 1, hueTurns: 0 };

/**
 * Changes brightness (a factor, or a sum), contrast (towards or away from the image's mean grey), saturation (towards or
 * away from each pixel's grey) and hue (a turn in HSV), by torchvision's definitions unless `definitions` says otherwise, in
 * an order drawn for each image, clipped to 0..1 after each step. For images of one channel saturation and hue change nothing.
 *
 * Where the values are in memory (TensorFlow on a CPU, `cpu`) each image takes the steps that it has, elsewhere the batch
 * takes a fixed sequence of tensor operations; they agree within 2e-6.
 *
 * @throws ArgumentError for an option out of range.
 *
 * @see Chen et al. 2020, SimCLR, appendix A
 *
 * @example
 * const jitter = colorJitter({ probability: 0.8, brightness: 0.4, contrast: 0.4, saturation: 0.4, hueTurns: 0.1 });
 * const record = { order: ['brightness', 'hue'] as const, brightness: 2, contrast: 1, saturation: 1, hueTurns: 1 / 3 };
 * jitter.apply(tf.tensor4d([0.4, 0, 0], [1, 1, 1, 3]), [record]).arraySync(); // => [[[[0, 0.8, 0]]]]
 */
export function colorJitter(options: ColorJitterOptions): Augmentation<JitterRecord> {
  const { probability, brightness, contrast, saturation, hueTurns, additiveBrightness = false } = options;
  checkProbability('colorJitter.probability', probability);
  for (const [name, strength] of Object.entries({ brightness, contrast, saturation })) {
    if (!(strength >= 0 && Number.isFinite(strength))) {
      throw new ArgumentError(`colorJitter.${name}`, 'a number of 0 or more', strength, 'The factor is drawn from 1 ± this.');
    }
  }
  if (!(hueTurns >= 0 && hueTurns <= 0.5)) {
    throw new ArgumentError('colorJitter.hueTurns', 'turns of 0..0.5', hueTurns, 'A whole circle is 1 turn.');
  }
  const meaning: JitterMeaning = { definitions: options.definitions ?? 'torchvision', additiveBrightness };
  const strengths: Record<JitterStep, number> = { brightness, contrast, saturation, hue: hueTurns };
  const steps = (Object.keys(strengths) as JitterStep[]).filter((step) => strengths[step] > 0);

  return defineAugmentation<JitterRecord>({
    name: 'colorJitter',
    channels: [1, 3],
    draw(random) {
      if (!random.chance(probability)) return still;
      const factor = (strength: number): number =>
        strength === 0 ? 1 : random.uniform(Math.max(0, 1 - strength), 1 + strength);
      return {
        order: Array.from(random.permutation(steps.length), (index) => steps[index]!),
        brightness: additiveBrightness ? random.uniform(-brightness, brightness) : factor(brightness),
        contrast: factor(contrast),
        saturation: factor(saturation),
        hueTurns: hueTurns === 0 ? 0 : random.uniform(-hueTurns, hueTurns),
      };
    },
    change(canvas, record) {
      for (const step of jitterPlan(record, canvas.channels, meaning)) {
        if ('linear' in step) canvas.blend(step.linear, true);
        else canvas.hsv(step.hsv);
      }
    },
    tensors: (images, records) => jitterByTensors(images, records.map((record) => jitterPlan(record, images.shape[3], meaning))),
  });
}
