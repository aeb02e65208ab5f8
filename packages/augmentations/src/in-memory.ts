/** Where the values of tensors are, and operations on images in this process's memory. */
import type { MixedImages } from '@kindred/core';
import { add, backend, concat, getBackend, tensor4d, type Tensor4D, tidy } from '@tensorflow/tfjs-core';
import { type Canvas, makeCanvas, type PixelSource, type ReusableCanvas } from './canvas.js';
import { checkOneSize } from './checks.js';
import type { ImageSize, PixelImages } from './images.js';
import { type KernelMemory, kernelMemory } from './kernel-memory.js';

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

/**
 * Runs steps on a batch: all of them on one image, then on the next. Undefined where that cannot be or is not faster.
 * Images of several sizes are pixels in this memory whatever the backend, and are always worked on here if they can be.
 */
export type OnCanvas = (
  images: Tensor4D | PixelImages | MixedImages,
  steps: readonly CanvasStep[],
  outputSize?: (size: ImageSize) => ImageSize,
) => Tensor4D | undefined;

/** Numbers that are written at a time, 48 MiB (80 images of 224x224x3): what stays reserved for the next batch. */
const most = 12 * 2 ** 20;

/** Makes the place where images are worked on; it takes no memory before it is used. */
export function canvasRunner(): OnCanvas {
  let place: { readonly memory: KernelMemory; readonly on: ReusableCanvas } | undefined;
  let known = false;
  return (images, steps, outputSize = (size) => size) => {
    const may = 'images' in images || valuesInMemory();
    if (!may || (globalThis as { WebAssembly?: unknown }).WebAssembly === undefined) return undefined;
    if (!known) {
      const memory = kernelMemory();
      place = memory && { memory, on: makeCanvas(memory) };
      known = true;
    }
    if (place === undefined) return undefined;
    const { memory, on } = place;
    const { count: n, channels, sourceOf } = sourcesOf(images);
    const size = checkOneSize(Array.from({ length: 'images' in images ? n : 1 }, (_, i) => outputSize(sourceOf(i))));
    const length = size.height * size.width * channels;
    const atATime = Math.max(1, Math.min(n, Math.floor(most / length)));
    const at = memory.reserve('result', atATime * length * 4);
    return tidy(() => {
      const parts: Tensor4D[] = [];
      for (let start = 0; start < n; start += atATime) {
        const count = Math.min(atATime, n - start);
        for (let i = 0; i < count; i++) {
          on.open(sourceOf(start + i));
          for (const { change, records } of steps) change(on.canvas, records[start + i]);
          on.save(at + i * length * 4);
        }
        parts.push(copied(memory.numbers().subarray(at / 4, at / 4 + count * length), [count, size.height, size.width, channels]));
      }
      return parts.length === 1 ? parts[0]! : concat(parts);
    });
  };
}

/** Images one by one. */
function sourcesOf(images: Tensor4D | PixelImages | MixedImages): { count: number; channels: number; sourceOf: (i: number) => PixelSource } {
  if ('images' in images) {
    const { images: list } = images;
    const sourceOf = (i: number): PixelSource => {
      const { pixels: values, shape: [height, width, channels] } = list[i]!;
      return { values, offset: 0, height, width, channels };
    };
    return { count: list.length, channels: list[0]?.shape[2] ?? 1, sourceOf };
  }
  const [count, height, width, channels] = images.shape;
  const values = 'pixels' in images ? images.pixels : images.dataSync<'float32'>();
  const length = height * width * channels;
  return { count, channels, sourceOf: (i) => ({ values, offset: i * length, height, width, channels }) };
}

/** A tensor of values that will be written over. */
function copied(values: Float32Array, shape: Tensor4D['shape']): Tensor4D {
  if (getBackend() === 'cpu') return tensor4d(values.slice(), shape);
  // the library copies while it adds, into memory that it has used before: an array of our own would be new to the process,
  // and to touch new memory costs three times what all of a view's operations do on its values
  return add(tensor4d(values, shape), 0);
}
