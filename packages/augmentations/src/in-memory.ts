/** Where the values of tensors are, and changes of them in this process's memory. */
import { backend, getBackend, tensor4d, type Tensor4D, tidy } from '@tensorflow/tfjs-core';
import type { ImageShape } from './augmentation.js';

/**
 * Whether the backend in use keeps its values in this process's memory: then reading them costs a copy, and one loop over
 * them is faster than many operations, each over all of them.
 */
export function valuesInMemory(): boolean {
  // tfjs-node's backend says of itself whether it runs on a GPU
  return getBackend() === 'cpu' || (backend() as { isUsingGpuDevice?: boolean }).isUsingGpuDevice === false;
}

/** An augmentation's change of an image where it is, and the records of a batch. */
export interface InPlace {
  change(image: Float32Array, record: unknown, shape: ImageShape): void;
  readonly records: readonly unknown[];
}

/**
 * New images: the given ones with all the changes, one image after the other, so that it stays in the processor's cache
 * from the first change to the last. `images` stay.
 */
export function changeInMemory(images: Tensor4D, changes: readonly InPlace[]): Tensor4D {
  return tidy(() => {
    const [n, height, width, channels] = images.shape;
    const shape: ImageShape = { height, width, channels };
    const values = new Float32Array(images.dataSync()); // a copy: `cpu` hands out its own array
    const length = height * width * channels;
    for (let i = 0; i < n; i++) {
      const image = values.subarray(i * length, (i + 1) * length);
      for (const part of changes) part.change(image, part.records[i], shape);
    }
    return tensor4d(values, images.shape);
  });
}
