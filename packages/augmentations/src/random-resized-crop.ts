/** A random part of each image, resized. */
import { checkWhole, ShapeError } from '@kindred/core';
import type { Augmentation } from './augmentation.js';
import { type AxisMap, axisMatrices } from './axis-map.js';
import { checkRange } from './checks.js';
import { type CropSampler, cropSamplers } from './crop-samplers.js';
import { defineAugmentation } from './define-augmentation.js';
import type { CropBox, ImageSize } from './images.js';
import { type Interpolation, resizeMap } from './resize-map.js';

/** Options of `randomResizedCrop`. Papers disagree on all of them, so none has a default. */
export interface RandomResizedCropOptions {
  /** The least and the largest share of the image's area, above 0 and at most 1. SimCLR, BYOL, NNCLR: 0.08 to 1; MoCo: from 0.2. */
  readonly area: readonly [min: number, max: number];
  /** The least and the largest width / height of the part. */
  readonly aspect: readonly [min: number, max: number];
  /** Height and width of the result, in pixels. */
  readonly output: readonly [height: number, width: number];
  /** Bicubic overshoots, so its result is clipped to 0..1. */
  readonly interpolation: Interpolation;
  /** Whose distribution of boxes. */
  readonly sampler: CropSampler;
  /** Whether the filter widens if the image shrinks, as PIL's does; true by default. SimCLR's and BYOL's code does without. */
  readonly antialias?: boolean | undefined;
}

/**
 * Cuts a random part out of each image and resizes it: the one augmentation that no contrastive method goes without.
 *
 * Each image has a matrix for its rows and one for its columns, so a batch is two batched matrix products on every
 * backend. The filter is PIL's (torchvision's with `antialias=True`). The images may be larger than the result.
 *
 * @returns An augmentation whose records are the boxes, in pixels of the image given.
 * @throws ArgumentError for an option out of range.
 *
 * @see Szegedy et al. 2015, "Going Deeper with Convolutions"; Chen et al. 2020, SimCLR, appendix A
 *
 * @example
 * const crop = randomResizedCrop({
 *   area: [0.08, 1], aspect: [3 / 4, 4 / 3], output: [2, 2], interpolation: 'bilinear', sampler: 'torchvision',
 * });
 * const image = tf.tensor4d([0, 0.2, 0.4, 0.6, 0.8, 1], [1, 2, 3, 1]);
 * crop.apply(image, [{ top: 0, left: 1, height: 2, width: 2 }]).arraySync(); // => [[[[0.2], [0.4]], [[0.8], [1]]]]
 */
export function randomResizedCrop(options: RandomResizedCropOptions): Augmentation<CropBox> {
  const { area, aspect, output, interpolation, sampler, antialias = true } = options;
  checkRange('randomResizedCrop.area', area, 1);
  checkRange('randomResizedCrop.aspect', aspect);
  output.forEach((length) => checkWhole('randomResizedCrop.output', length, 1));
  const [height, width] = output;

  const maps = ({ top, left, height: rows, width: columns }: CropBox, size: ImageSize): { rows: AxisMap; columns: AxisMap } => ({
    rows: resizeMap({ from: size.height, start: top, length: rows, to: height }, interpolation, antialias),
    columns: resizeMap({ from: size.width, start: left, length: columns, to: width }, interpolation, antialias),
  });
  return defineAugmentation({
    name: 'randomResizedCrop',
    draw: (random, size) => cropSamplers[sampler](random, size, area, aspect),
    change(canvas, box: CropBox) {
      checkBox(box, canvas);
      canvas.cut(box);
      canvas.map(maps({ ...box, top: 0, left: 0 }, box), interpolation === 'bicubic');
    },
    separable(records: readonly CropBox[], size) {
      const each = records.map((box) => {
        checkBox(box, size);
        return maps(box, size);
      });
      return {
        rows: axisMatrices(each.map(({ rows }) => rows)),
        columns: axisMatrices(each.map(({ columns }) => columns)),
        clip: interpolation === 'bicubic',
      };
    },
    outputSize: () => ({ height, width }),
  });
}

function checkBox({ top, left, height, width }: CropBox, size: ImageSize): void {
  const fits =
    top >= 0 && left >= 0 && height >= 1 && width >= 1 && top + height <= size.height && left + width <= size.width;
  if (fits) return;
  throw new ShapeError(
    'randomResizedCrop',
    `a record cuts rows ${top}..${top + height} and columns ${left}..${left + width} out of an image of ` +
      `${size.height} by ${size.width}.`,
    { remedy: 'Draw for the size of these images.' },
  );
}
