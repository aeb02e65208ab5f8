/** What the forms of a convolution depend on, in any precision. */

/** Of a convolution with symmetric padding. */
export interface Conv2DAttributes {
  readonly stride: number;
  readonly padding: number;
}

/** Whether the library's rule `SAME` pads images of this shape on each side by `padding`, as with stride 1 and an odd filter. */
export const sameFits = (shape: readonly number[], filter: readonly number[], { stride, padding }: Conv2DAttributes): boolean =>
  [0, 1].every((axis) => {
    const length = shape[axis + 1]!;
    return (Math.ceil(length / stride) - 1) * stride + filter[axis]! - length === 2 * padding;
  });

/**
 * A 1x1 filter at a stride sees every stride-th pixel and no other: its gradient is that of stride 1 on those. TensorFlow 2.21 with
 * oneDNN writes past its memory in the strided one where there are fewer than 16 channels and an odd number of images, and ends the
 * process sooner or later.
 */
export const seesOnlyStrides = ([height, width]: readonly number[], { stride, padding }: Conv2DAttributes): boolean =>
  height === 1 && width === 1 && stride > 1 && padding === 0;
