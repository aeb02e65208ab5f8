/** A random box of each image erased. */
import { ArgumentError, ShapeError } from '@kindred/core';
import { add, matMul, mul, reshape, sub, type Tensor3D, tensor3d, type Tensor4D, tidy } from '@tensorflow/tfjs-core';
import type { Augmentation } from './augmentation.js';
import { checkProbability, checkRange } from './checks.js';
import { defineAugmentation } from './define-augmentation.js';
import type { CropBox, ImageSize } from './images.js';

/** Options of `cutOut`: those of torchvision's `RandomErasing`. */
export interface CutOutOptions {
  /** Of each image to lose a box, 0..1. */
  readonly probability: number;
  /** The least and the largest share of the image's area that is cut out, above 0 and at most 1. torchvision: 0.02 to 0.33. */
  readonly area: readonly [min: number, max: number];
  /** The least and the largest width / height of the box, drawn log-uniformly. [1, 1] are squares. */
  readonly aspect: readonly [min: number, max: number];
  /** What the box is filled with, 0..1, in all channels. */
  readonly fill: number;
}

/** What `cutOut` draws for an image. */
export interface CutOutRecord {
  /** The erased box; null if nothing is. */
  readonly box: CropBox | null;
}

/**
 * Erases a box in some of the images. The parameters and the draw are those of random erasing (Zhong et al. 2020) as
 * torchvision has it: up to 10 tries for a box that is smaller than the image in both directions and lies inside of it, then
 * none. torchvision gives the aspect as height / width, here as in `randomResizedCrop` it is width / height.
 *
 * DeVries & Taylor's cut-out is a square of fixed size whose centre may be anywhere, so that the image's border cuts parts of
 * it off; `aspect: [1, 1]` and equal areas come close.
 *
 * @throws ArgumentError for an option out of range.
 *
 * @see Zhong et al. 2020, "Random Erasing Data Augmentation"; DeVries & Taylor 2017, "Improved Regularization of CNNs with Cutout"
 *
 * @example
 * const erase = cutOut({ probability: 0.5, area: [0.02, 0.33], aspect: [0.3, 3.3], fill: 0 });
 * const box = { top: 0, left: 1, height: 1, width: 2 };
 * erase.apply(tf.ones([1, 2, 3, 1]), [{ box }]).arraySync(); // => [[[[1], [0], [0]], [[1], [1], [1]]]]
 */
export function cutOut({ probability, area, aspect, fill }: CutOutOptions): Augmentation<CutOutRecord> {
  checkProbability('cutOut.probability', probability);
  checkRange('cutOut.area', area, 1);
  checkRange('cutOut.aspect', aspect);
  if (!(fill >= 0 && fill <= 1)) throw new ArgumentError('cutOut.fill', 'a value of 0..1', fill, 'A byte is divided by 255.');

  return defineAugmentation({
    name: 'cutOut',
    draw(random, { height: H, width: W }) {
      if (!random.chance(probability)) return { box: null };
      for (let attempt = 0; attempt < 10; attempt++) {
        const target = H * W * random.uniform(...area);
        const ratio = Math.exp(random.uniform(Math.log(aspect[0]), Math.log(aspect[1])));
        const width = Math.round(Math.sqrt(target * ratio));
        const height = Math.round(Math.sqrt(target / ratio));
        if (width < 1 || width >= W || height < 1 || height >= H) continue;
        return { box: { top: random.integer(H - height + 1), left: random.integer(W - width + 1), height, width } };
      }
      return { box: null };
    },
    change(canvas, { box }: CutOutRecord) {
      if (box !== null) canvas.fill(checkBox(box, canvas), fill);
    },
    tensors: (images, records) => cutByTensors(images, records, fill),
  });
}

/** The same in tensor operations, for values on a GPU. */
export function cutByTensors(images: Tensor4D, records: readonly CutOutRecord[], fill: number): Tensor4D {
  if (records.every(({ box }) => box === null)) return images.clone();
  return tidy(() => {
    const [n, height, width, channels] = images.shape;
    // 1 in the box and 0 elsewhere, as a product of a column and a row: exact, and small to hand over
    const rows = new Float32Array(n * height);
    const columns = new Float32Array(n * width * channels);
    records.forEach(({ box }, i) => {
      if (box === null) return;
      checkBox(box, { height, width });
      rows.fill(1, i * height + box.top, i * height + box.top + box.height);
      const from = i * width + box.left;
      columns.fill(1, from * channels, (from + box.width) * channels);
    });
    const inside: Tensor3D = matMul(tensor3d(rows, [n, height, 1]), tensor3d(columns, [n, 1, width * channels]));
    const flat: Tensor3D = reshape(images, [n, height, width * channels]);
    return reshape(add(mul(flat, sub(1, inside)), mul(inside, fill)), images.shape);
  });
}

function checkBox(box: CropBox, size: ImageSize): CropBox {
  const { top, left, height, width } = box;
  if (top >= 0 && left >= 0 && top + height <= size.height && left + width <= size.width) return box;
  throw new ShapeError(
    'cutOut',
    `a record erases rows ${top}..${top + height} and columns ${left}..${left + width} of an image of ` +
      `${size.height} by ${size.width}.`,
    { remedy: 'Draw for the size of these images.' },
  );
}
