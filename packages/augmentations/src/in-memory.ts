/** Where the values of tensors are, and operations on images in this process's memory. */
import { backend, getBackend, tensor4d, type Tensor4D } from '@tensorflow/tfjs-core';
import type { ImageSize } from './augmentation.js';
import { type Canvas, makeCanvas, type ReusableCanvas } from './canvas.js';
import { kernelMemory } from './kernel-memory.js';

/**
 * Whether the backend in use keeps its values in this process's memory: then reading them costs a copy, and all operations
 * on an image that is in the processor's cache are faster than many operations, each over the whole batch.
 */
export function valuesInMemory(): boolean {
  // tfjs-node's backend says of itself whether it runs on a GPU
  return getBackend() === 'cpu' || (backend() as { isUsingGpuDevice?: boolean }).isUsingGpuDevice === false;
}

/** What an augmentation does to a canvas, and the records of a batch. */
export interface CanvasStep {
  change(canvas: Canvas, record: unknown): void;
  readonly records: readonly unknown[];
}

/** A batch of images as bytes of 0..255. */
export interface ByteImages {
  readonly pixels: Uint8Array;
  /** `[N, H, W, C]`. */
  readonly shape: readonly [number, number, number, number];
}

/** Runs steps on a batch: all of them on one image, then on the next. Undefined where that cannot be or is not faster. */
export type OnCanvas = (images: Tensor4D | ByteImages, steps: readonly CanvasStep[], outputSize?: (size: ImageSize) => ImageSize) => Tensor4D | undefined;

/** Makes the place where images are worked on; it takes no memory before it is used. */
export function canvasRunner(): OnCanvas {
  let reusable: ReusableCanvas | undefined;
  let known = false;
  return (images, steps, outputSize) => {
    if (!valuesInMemory() || (globalThis as { WebAssembly?: unknown }).WebAssembly === undefined) return undefined;
    if (!known) {
      const memory = kernelMemory();
      reusable = memory && makeCanvas(memory);
      known = true;
    }
    if (reusable === undefined) return undefined;
    const { canvas, open } = reusable;
    const [n, height, width, channels] = images.shape;
    const values = 'pixels' in images ? images.pixels : images.dataSync<'float32'>();
    const size = outputSize?.({ height, width }) ?? { height, width };
    const length = size.height * size.width * channels;
    const result = new Float32Array(n * length);
    for (let i = 0; i < n; i++) {
      open({ values, offset: i * height * width * channels, height, width, channels });
      for (const { change, records } of steps) change(canvas, records[i]);
      canvas.save(result, i * length);
    }
    return tensor4d(result, [n, size.height, size.width, channels]);
  };
}
