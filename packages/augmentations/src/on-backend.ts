/** Images brought to the backend, whatever they come as. */
import type { MixedImages } from '@kindred/core';
import { concat, type Tensor4D, tidy } from '@tensorflow/tfjs-core';
import { imagesOnBackend } from './bytes-to-images.js';
import { checkOneSize } from './checks.js';
import type { PixelImages } from './images.js';

/** Applies tensor operations to a batch; to images of several sizes one after the other. */
export function onBackend<R>(
  images: Tensor4D | PixelImages | MixedImages,
  records: readonly R[],
  apply: (images: Tensor4D, records: readonly R[]) => Tensor4D,
): Tensor4D {
  if (!('images' in images)) return 'pixels' in images ? tidy(() => apply(imagesOnBackend(images), records)) : apply(images, records);
  return tidy(() => {
    const each = images.images.map(({ pixels, shape }, i) => apply(imagesOnBackend({ pixels, shape: [1, ...shape] }), [records[i]!]));
    checkOneSize(each.map(({ shape: [, height, width] }) => ({ height, width })));
    return concat(each);
  });
}
