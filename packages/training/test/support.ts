/** A run small enough for tests: 24 images of 8x8, a network of some hundred weights, NNCLR with a queue that wraps. */
import { imageViews, viewPipeline } from '@kindred/augmentations';
import { predictionHead, projectionHead, smallResNet } from '@kindred/backbones';
import { flattenParameters, random, type UniformImageDataset, type UniformImages } from '@kindred/core';
import { inMemoryDataset } from '@kindred/datasets';
import { type Method, nnclr } from '@kindred/methods';
import { type Optimizer, sgd, warmupCosine } from '@kindred/optimizers';
import { supportSet } from '@kindred/support-set';
import type { PretrainOptions } from '../src/index.js';

export function smallData(size = 24): UniformImageDataset {
  const stream = random(5);
  const images = Uint8Array.from({ length: size * 64 }, () => stream.integer(256));
  return inMemoryDataset({ name: 'noise/train', images, imageShape: [8, 8, 1], labels: Int32Array.from({ length: size }, (_, i) => i % 3) });
}

export function smallMethod(seed = 1): Method {
  const stream = random(seed);
  const encoder = smallResNet({ stem: { channels: 4, kernel: 3, stride: 2 }, widths: [4, 8], blocks: [1, 1], channels: 1, random: stream });
  return nnclr({
    encoder,
    projector: projectionHead({ input: 8, layers: [8, 4], batchNorm: 'all', random: stream.fork('p') }),
    predictor: predictionHead({ input: 4, hidden: 8, output: 4, random: stream.fork('q') }),
    support: supportSet({ capacity: 14, dimension: 4, initial: 'random', random: stream.fork('s') }),
    temperature: 0.2,
  });
}

export const smallOptimizer = (method: Method): Optimizer =>
  sgd({ parameters: flattenParameters(method.parameters()), momentum: 0.9, weightDecay: 1e-4, exclude: () => false });

/** Six epochs of three steps. */
export function smallRun(method = smallMethod()): PretrainOptions<UniformImages> & { method: Method; optimizer: Optimizer } {
  const view = viewPipeline(
    { crop: { area: [0.4, 1], aspect: [0.75, 1.33], interpolation: 'bilinear', sampler: 'torchvision' }, flip: { probability: 0.5 } },
    { output: [8, 8], channels: 1 },
  );
  return {
    method,
    optimizer: smallOptimizer(method),
    dataset: smallData(),
    views: imageViews([view, view]),
    schedule: warmupCosine({ peak: 0.1, warmupSteps: 2, totalSteps: 18 }),
    batchSize: 8,
    epochs: 6,
    seed: 3,
  };
}
