/** What an encoder expects of images: saved with its weights, read by everything that uses it. */

/** How images become the input `[N, H, W, C]` of an encoder outside of training. `toInput` of augmentations does it. */
export interface EncoderInput {
  /** Height and width, in pixels. */
  readonly size: readonly [height: number, width: number];
  /** 1 for grey, 3 for colour: images of the other kind are converted. */
  readonly channels: 1 | 3;
  /** The mean of each channel, of images in 0..1; absent if nothing is subtracted. */
  readonly mean?: readonly number[];
  /** The standard deviation of each channel; absent if nothing is divided. */
  readonly deviation?: readonly number[];
  /** The filter that resizes, widened where images shrink, as PIL's. */
  readonly interpolation: 'bilinear' | 'bicubic';
  /** `cover`: proportions stay, and the centre is cut out. `fill`: the whole image is stretched to `size`. */
  readonly fit: 'cover' | 'fill';
  /**
   * With `cover`, the share of the shorter side that the cut leaves, above 0 and at most 1. ImageNet is evaluated at 0.875:
   * the shorter side is brought to 256 pixels and 224 are cut out.
   */
  readonly cropShare: number;
}
