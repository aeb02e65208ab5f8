/** Networks whose every value has been moved, so that nothing is 0 or 1 by chance, and what Kindred makes of images with them. */
import { type LayeredHead, type LayeredNetwork, networkState, predictionHead, projectionHead, type ResidualEncoder, resnet, restoreNetwork, smallResNet } from '@kindred/backbones';
import { type EncoderInput, type NamedTensors, random } from '@kindred/core';
import * as tf from '@tensorflow/tfjs-core';

/** What the exports are asked to hold. */
export interface Example {
  readonly encoder: ResidualEncoder;
  readonly head?: LayeredHead;
  readonly predictor?: LayeredHead;
  readonly input: EncoderInput;
}

/** Draws all values, the moving statistics' too. */
function filled<Network extends Pick<LayeredNetwork, 'parameters' | 'buffers'>>(network: Network): Network {
  const state = Object.entries(networkState(network)).map(([name, { shape, values }]) => {
    const stream = random(7).fork(name);
    const inputs = shape.length === 4 ? shape[0]! * shape[1]! * shape[2]! : shape.length === 2 ? shape[1]! : 1;
    const draw = (): number => {
      const u = 2 * stream.uniform() - 1;
      if (shape.length > 1) return u * Math.sqrt(6 / inputs);
      return name.endsWith('running_var') || name.endsWith('weight') ? 1 + u / 2 : u / 4;
    };
    return [name, { shape, values: Float32Array.from(values, draw) }] as const;
  });
  restoreNetwork('filled', network, Object.fromEntries(state) as NamedTensors);
  return network;
}

const colour: EncoderInput = {
  size: [32, 32], channels: 3, mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225], interpolation: 'bilinear', fit: 'cover', cropShare: 0.875,
};
const grey: EncoderInput = { size: [28, 28], channels: 1, mean: [0.13], deviation: [0.31], interpolation: 'bilinear', fit: 'fill', cropShare: 1 };
const head = (input: number, batchNorm: 'all' | 'none', outputAffine: boolean | 'scale-only' = true): LayeredHead =>
  filled(projectionHead({ input, layers: [12, 6], batchNorm, outputAffine, random: random(2) }));

/** Each kind of layer, and each way of having one, is in one of these. */
export const examples: Readonly<Record<string, () => Example>> = {
  'basic blocks, stem of CIFAR, a head normalised without scale': () => ({
    encoder: filled(resnet({ depth: 18, stem: 'cifar', channels: 3, widthMultiplier: 1 / 16, random: random(1) })),
    head: head(32, 'all', false),
    input: colour,
  }),
  'bottlenecks, stem of ImageNet, a head with biases and a predictor': () => ({
    encoder: filled(resnet({ depth: 50, stem: 'imagenet', channels: 3, widthMultiplier: 1 / 32, random: random(1) })),
    head: head(64, 'none'),
    predictor: filled(predictionHead({ input: 6, hidden: 10, output: 6, random: random(4) })),
    input: { ...colour, interpolation: 'bicubic' },
  }),
  'a small network of grey images': () => ({
    encoder: filled(smallResNet({ stem: { channels: 4, kernel: 5, stride: 2 }, widths: [6, 8], blocks: [1, 2], channels: 1, random: random(1) })),
    input: grey,
  }),
  'images that are not normalised': () => ({
    encoder: filled(smallResNet({ stem: { channels: 4, kernel: 3 }, widths: [4], blocks: [1], channels: 3, random: random(1) })),
    head: head(4, 'all', 'scale-only'),
    input: { size: [16, 24], channels: 3, interpolation: 'bilinear', fit: 'fill', cropShare: 1 },
  }),
};

/** Images in 0..1, `[count, height, width, channels]`. */
export function drawImages(count: number, height: number, width: number, channels: number): tf.Tensor4D {
  const stream = random(3).fork(count, height, width);
  return tf.tensor4d(Float32Array.from({ length: count * height * width * channels }, () => stream.uniform()), [count, height, width, channels]);
}

/** What a part of an example gives, in the order of its outputs. */
export interface Outputs {
  readonly embeddings: Float32Array;
  readonly projections?: Float32Array;
  readonly predictions?: Float32Array;
}

/** What Kindred makes of images in 0..1. */
export function kindred({ encoder, head: top, predictor, input }: Example, images: tf.Tensor4D): Outputs {
  return tf.tidy(() => {
    const centered = input.mean ? tf.sub(images, tf.tensor1d([...input.mean])) : images;
    const normal = input.deviation ? tf.div(centered, tf.tensor1d([...input.deviation])) : centered;
    const embeddings = encoder.apply(normal as tf.Tensor4D, 'eval');
    const projections = top?.apply(embeddings, 'eval');
    const predictions = projections && predictor?.apply(projections, 'eval');
    const values = (tensor: tf.Tensor): Float32Array => tensor.dataSync() as Float32Array;
    return { embeddings: values(embeddings), ...(projections && { projections: values(projections) }), ...(predictions && { predictions: values(predictions) }) };
  });
}

/** The largest difference, relative to the largest value: 1 if the lengths differ. */
export function worst(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return 1;
  let [difference, largest] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    difference = Math.max(difference, Math.abs(a[i]! - b[i]!));
    largest = Math.max(largest, Math.abs(b[i]!));
  }
  return difference / largest;
}

/** `[N, H, W, C]` to the values of `[N, C, H, W]`. */
export const channelsFirst = (images: tf.Tensor4D): Float32Array => tf.tidy(() => tf.transpose(images, [0, 3, 1, 2]).dataSync() as Float32Array);
