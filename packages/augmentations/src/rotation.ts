/** Images turned by a small angle. */
import { ArgumentError } from '@kindred/core';
import { add, gather, mul, reshape, tensor1d, type Tensor2D, tensor2d, type Tensor4D, tidy } from '@tensorflow/tfjs-core';
import type { Augmentation } from './augmentation.js';
import { checkProbability } from './checks.js';
import { defineAugmentation } from './define-augmentation.js';
import type { ImageSize } from './images.js';

/** Options of `rotation`. */
export interface RotationOptions {
  /** Of each image to be turned, 0..1. */
  readonly probability: number;
  /** The angle is uniform over ± this, in degrees, above 0 and at most 180. */
  readonly degrees: number;
  /** What comes in from outside of the image, 0..1, in all channels. */
  readonly fill: number;
}

/** What `rotation` draws for an image. */
export interface RotationRecord {
  /** The angle, counter-clockwise; 0 if the image is left as it is. */
  readonly degrees: number;
}

/**
 * Turns some of the images about their centre, bilinear, without a change of size: corners leave the image, and `fill` comes
 * in.
 *
 * Pixels are torchvision's but on the border, where torchvision weighs the image twice when it is given a fill (it multiplies
 * what it has blended with 0 by the share of the image once more): there a ring of a pixel is darker.
 *
 * @throws ArgumentError for an option out of range.
 *
 * @example
 * const turn = rotation({ probability: 1, degrees: 90, fill: 0 });
 * turn.apply(tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]), [{ degrees: 90 }]).arraySync(); // => [[[[2], [4]], [[1], [3]]]]
 */
export function rotation({ probability, degrees, fill }: RotationOptions): Augmentation<RotationRecord> {
  checkProbability('rotation.probability', probability);
  if (!(degrees > 0 && degrees <= 180)) {
    throw new ArgumentError('rotation.degrees', 'an angle above 0 and of at most 180 degrees', degrees, 'It is drawn from ± this.');
  }
  if (!(fill >= 0 && fill <= 1)) throw new ArgumentError('rotation.fill', 'a value of 0..1', fill, 'A byte is divided by 255.');

  return defineAugmentation({
    name: 'rotation',
    draw: (random) => ({ degrees: random.chance(probability) ? random.uniform(-degrees, degrees) : 0 }),
    change(canvas, record: RotationRecord) {
      if (record.degrees !== 0) canvas.rotate(record.degrees, fill);
    },
    tensors: (images, records) => rotateByTensors(images, records, fill),
  });
}

/** The same in tensor operations, for values on a GPU: four gathers of pixels. */
export function rotateByTensors(images: Tensor4D, records: readonly RotationRecord[], fill: number): Tensor4D {
  if (records.every(({ degrees }) => degrees === 0)) return images.clone();
  return tidy(() => {
    const [n, height, width, channels] = images.shape;
    const size = height * width;
    const places = Array.from({ length: 4 }, () => new Int32Array(n * size));
    const weights = Array.from({ length: 4 }, () => new Float32Array(n * size));
    const fills = new Float32Array(n * size);
    records.forEach((record, i) => {
      eachPixel(record, { height, width }, (pixel, corners, shares, outside) => {
        const at = i * size + pixel;
        for (let k = 0; k < 4; k++) {
          places[k]![at] = i * size + corners[k]!;
          weights[k]![at] = shares[k]!;
        }
        fills[at] = outside * fill;
      });
    });
    const pixels: Tensor2D = reshape(images, [n * size, channels]);
    let sum: Tensor2D = tensor2d(fills, [n * size, 1]);
    for (let k = 0; k < 4; k++) {
      sum = add(sum, mul(gather(pixels, tensor1d(places[k]!, 'int32')), tensor2d(weights[k]!, [n * size, 1])));
    }
    return reshape(sum, images.shape);
  });
}

/** Visits each pixel of the result with the four that it lies between, their shares, and the share of what is outside. */
function eachPixel(
  { degrees }: RotationRecord,
  { height, width }: ImageSize,
  visit: (pixel: number, corners: Int32Array, shares: Float64Array, outside: number) => void,
): void {
  const angle = (degrees * Math.PI) / 180;
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  const corners = new Int32Array(4);
  const shares = new Float64Array(4);
  for (let row = 0; row < height; row++) {
    const y = row - (height - 1) / 2;
    for (let column = 0; column < width; column++) {
      const x = column - (width - 1) / 2;
      const fromX = cosine * x - sine * y + (width - 1) / 2;
      const fromY = sine * x + cosine * y + (height - 1) / 2;
      const left = Math.floor(fromX);
      const top = Math.floor(fromY);
      let outside = 0;
      for (let k = 0; k < 4; k++) {
        const [j, l] = [top + (k >> 1), left + (k & 1)];
        const share = (1 - Math.abs(fromY - j)) * (1 - Math.abs(fromX - l));
        const within = j >= 0 && j < height && l >= 0 && l < width;
        corners[k] = within ? j * width + l : 0;
        shares[k] = within ? share : 0;
        if (!within) outside += share;
      }
      visit(row * width + column, corners, shares, outside);
    }
  }
}
