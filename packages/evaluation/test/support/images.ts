/** Small datasets of bytes, and encoders that do next to nothing. */
import { imageViews, viewPipeline } from '@kindred/augmentations';
import { batchNormalization, linear, sequential } from '@kindred/backbones';
import { type Encoder, random, relu, type UniformImageDataset } from '@kindred/core';
import { inMemoryDataset } from '@kindred/datasets';
import { reshape, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core';

/** Rows of `pixels` bytes, each class around a pattern of its own. */
export function patterns(seed: number, count: number, { pixels = 6, classes = 3, noise = 90 } = {}): UniformImageDataset {
  const centres = random(77);
  const centre = Array.from({ length: classes * pixels }, () => centres.uniform(60, 200));
  const draws = random(seed);
  const labels = Int32Array.from({ length: count }, (_, i) => i % classes);
  const images = Uint8Array.from({ length: count * pixels }, (_, i) => {
    const value = centre[labels[Math.floor(i / pixels)]! * pixels + (i % pixels)]! + noise * (draws.uniform() + draws.uniform() - 1);
    return Math.min(255, Math.max(0, Math.round(value)));
  });
  return inMemoryDataset({ name: `patterns-${seed}`, images, labels, imageShape: [1, pixels, 1] });
}

/** The pixels as features; `modes` tells how it was run. */
export function flattening(dimension: number, modes: string[] = []): Pick<Encoder, 'apply' | 'dimension'> {
  return {
    dimension,
    apply(images: Tensor4D, mode) {
      modes.push(mode);
      return reshape(images, [-1, dimension]) as Tensor2D;
    },
  };
}

/** Linear, batch norm, ReLU on pixels. */
export function smallEncoder(pixels: number, dimension = 4, seed = 1): Encoder {
  const network = sequential<Tensor2D, Tensor2D>({
    0: linear({ inputs: pixels, outputs: dimension, random: random(seed) }),
    1: batchNormalization({ channels: dimension }),
    2: relu<Tensor2D>,
  });
  return { ...network, dimension, apply: (images, mode) => network.apply(reshape(images, [-1, pixels]), mode) };
}

/** A view that changes nothing. */
export const asTheyAre = ({ imageShape: [height, width, channels] }: UniformImageDataset): ReturnType<typeof imageViews> =>
  imageViews([viewPipeline({}, { output: [height, width], channels })]);
