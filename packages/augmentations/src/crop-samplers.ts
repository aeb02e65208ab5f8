/** How a random crop's box is drawn: the ways of torchvision, TensorFlow and BYOL, which differ. */
import type { Random } from '@kindred/core';
import type { CropBox, ImageSize } from './images.js';

/** Whose way to draw a box. */
export type CropSampler = 'torchvision' | 'tensorflow' | 'byol';

type Sample = (
  random: Random,
  size: ImageSize,
  area: readonly [min: number, max: number],
  aspect: readonly [min: number, max: number],
) => CropBox;

export const cropSamplers: Record<CropSampler, Sample> = {
  /** Area uniform, aspect log-uniform, 10 tries; then the largest central box of an allowed aspect. */
  torchvision(random, { height: H, width: W }, area, aspect) {
    for (let attempt = 0; attempt < 10; attempt++) {
      const target = H * W * random.uniform(...area);
      const ratio = Math.exp(random.uniform(Math.log(aspect[0]), Math.log(aspect[1])));
      const width = Math.round(Math.sqrt(target * ratio));
      const height = Math.round(Math.sqrt(target / ratio));
      if (width < 1 || width > W || height < 1 || height > H) continue;
      return { top: random.integer(H - height + 1), left: random.integer(W - width + 1), height, width };
    }
    const ratio = W / H;
    const width = ratio > aspect[1] ? Math.max(1, Math.round(H * aspect[1])) : W;
    const height = ratio < aspect[0] ? Math.max(1, Math.round(W / aspect[0])) : H;
    return { top: Math.trunc((H - height) / 2), left: Math.trunc((W - width) / 2), height, width };
  },

  /**
   * `sample_distorted_bounding_box` as SimCLR calls it: aspect uniform, then the height uniform among those whose area is
   * allowed (so small areas are likelier), 100 tries, then the whole image. A box below a tenth of the image is tried
   * again (`min_object_covered`), and the last position of a box is never drawn.
   */
  tensorflow(random, { height: H, width: W }, area, aspect) {
    const [least, most] = [area[0] * H * W, area[1] * H * W];
    for (let attempt = 0; attempt < 100; attempt++) {
      const ratio = random.uniform(...aspect);
      let highest = Math.round(Math.sqrt(most / ratio));
      if (Math.round(highest * ratio) > W) highest = Math.floor((W + 0.5 - 1e-7) / ratio);
      highest = Math.min(highest, H);
      const lowest = Math.min(Math.round(Math.sqrt(least / ratio)), highest);
      let height = lowest + random.integer(highest - lowest + 1);
      // rounding may have exceeded the range by one row
      if (height * Math.round(height * ratio) < least) height++;
      if (height * Math.round(height * ratio) > most) height--;
      const width = Math.round(height * ratio);
      const covered = height * width;
      if (width < 1 || height < 1 || width > W || height > H || covered < least || covered > most) continue;
      if (covered < 0.1 * H * W) continue;
      const place = (free: number): number => (free > 0 ? random.integer(free) : 0);
      return { top: place(H - height), left: place(W - width), height, width };
    }
    return { top: 0, left: 0, height: H, width: W };
  },
  /** As BYOL's own code: area uniform, aspect log-uniform, one try, and a side longer than the image cut to it. */
  byol(random, { height: H, width: W }, area, aspect) {
    const target = H * W * random.uniform(...area);
    const ratio = Math.exp(random.uniform(Math.log(aspect[0]), Math.log(aspect[1])));
    const width = Math.min(W, Math.max(1, Math.round(Math.sqrt(target * ratio))));
    const height = Math.min(H, Math.max(1, Math.round(Math.sqrt(target / ratio))));
    return { top: random.integer(H - height + 1), left: random.integer(W - width + 1), height, width };
  },
};
