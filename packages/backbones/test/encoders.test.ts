import { batchNorm, flattenParameters, type Network, type Normalize, random } from '@kindred/core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import {
  countMultiplyAdds,
  countParameters,
  disposeNetwork,
  networkState,
  predictionHead,
  projectionHead,
  type ResidualEncoder,
  resnet,
  restoreNetwork,
  smallResNet,
} from '../src/index.js';
import { planBlocks, planStem } from '../src/residual-plan.js';
import golden from './golden/resnets.json' with { type: 'json' };
import { relativeError } from './support/formula.js';
import { still } from './support/still.js';

const tiny = (seed = 1, zeroInitResidual = false): ResidualEncoder =>
  smallResNet({ stem: { channels: 4, kernel: 3 }, widths: [4, 8], blocks: [1, 2], channels: 3, zeroInitResidual, random: random(seed) });
const images = (): tf.Tensor4D => tf.randomUniform([4, 8, 8, 3], 0, 1, 'float32', 1);

describe('sizes', () => {
  // torchvision's own count less its classifier of 1000 classes: 11,689,512 − 513,000 and 25,557,032 − 2,049,000
  test.each([
    [18, 11_176_512, 512],
    [50, 23_508_032, 2048],
  ] as const)('ResNet-%i has the %i parameters of torchvision and %i outputs', (depth, parameters, dimension) => {
    const encoder = resnet({ depth, stem: 'imagenet', channels: 3, random: still });
    expect(countParameters(encoder)).toBe(parameters);
    expect(encoder.dimension).toBe(dimension);
    disposeNetwork(encoder);
  });

  test.each([18, 34, 50, 101, 152] as const)('ResNet-%i has the parameters, length of embedding and zeroed scales of torchvision', (depth) => {
    const facts = golden.facts[`${depth}`];
    // built 64 times narrower, and counted on a plan of full width: weights, and scale and offset of each normalisation
    const encoder = resnet({ depth, stem: 'imagenet', channels: 3, widthMultiplier: 1 / 64, zeroInitResidual: true, random: still });
    const { plan } = encoder;
    const stages = plan.stages.map((stage) => ({ ...stage, width: stage.width * 64 }));
    const wide = { ...plan, stem: { ...plan.stem, width: 64 }, stages };
    const layers = [planStem(wide), ...planBlocks(wide).flatMap(({ path, shortcut }) => [...path, ...(shortcut ? [shortcut] : [])])];
    const parameters = layers.reduce((sum, { kernel, inputs, outputs }) => sum + kernel ** 2 * inputs * outputs + 2 * outputs, 0);
    expect(parameters).toBe(facts.parameters);
    expect(encoder.dimension * 64).toBe(facts.dimension);
    const zero = Object.entries(networkState(encoder)).filter(([name, { values }]) => name.endsWith('weight') && values.every((value) => value === 0));
    expect(zero.map(([name]) => name)).toEqual(facts.zeroInitResidual);
    disposeNetwork(encoder);
  });

  test.each([
    // torchvision's documented GFLOPS (multiply-adds): 1.81, 3.66, 4.09, 7.80, 11.51, with the classifier's 0.5 to 2 million
    [18, 1.81],
    [34, 3.66],
    [50, 4.09],
    [101, 7.8],
    [152, 11.51],
  ] as const)('ResNet-%i takes %d billion multiply-adds at 224 pixels', (depth, billions) => {
    const encoder = resnet({ depth, stem: 'imagenet', channels: 3, widthMultiplier: 1 / 64, random: random(1) });
    // counted on a plan of full width: 64 times narrower builds in no time
    const { plan } = encoder;
    const wide = {
      ...plan,
      stem: { ...plan.stem, width: 64 },
      stages: plan.stages.map((stage) => ({ ...stage, width: stage.width * 64 })),
    };
    expect(countMultiplyAdds({ plan: wide }, [224, 224, 3]) / 1e9).toBeCloseTo(billions, 1);
    disposeNetwork(encoder);
  });

  test('widths 16, 32, 64 with 3 blocks are ResNet-20: 0.27 million parameters, 41 million multiply-adds', () => {
    const encoder = smallResNet({
      stem: { channels: 16, kernel: 3 }, widths: [16, 32, 64], blocks: [3, 3, 3], channels: 3, random: random(1),
    });
    expect(countParameters(encoder) / 1e6).toBeCloseTo(0.27, 2);
    expect(countMultiplyAdds(encoder, [32, 32, 3]) / 1e6).toBeCloseTo(41, 0);
    disposeNetwork(encoder);
  });

  test('one 3×3 convolution by hand, then the pool and a block', () => {
    const encoder = smallResNet({
      stem: { channels: 2, kernel: 3, stride: 2, maxPool: true }, widths: [4], blocks: [1], channels: 1, random: random(1),
    });
    const stem = 14 * 14 * 9 * 1 * 2;
    const block = 7 * 7 * (9 * 2 * 4 + 9 * 4 * 4 + 2 * 4);
    expect(countMultiplyAdds(encoder, [28, 28, 1])).toBe(stem + block);
    disposeNetwork(encoder);
  });

  test('the width multiplier of SimCLR widens every layer', () => {
    const encoder = resnet({ depth: 50, stem: 'cifar', channels: 1, widthMultiplier: 1 / 16, random: random(1) });
    expect(encoder.dimension).toBe(128);
    expect(networkState(encoder)['layer1.0.conv3.weight']!.shape).toEqual([1, 1, 4, 16]);
    disposeNetwork(encoder);
  });
});

describe('encoders', () => {
  test('names are those of torchvision', () => {
    const encoder = tiny();
    expect(Object.keys(flattenParameters(encoder.parameters())).slice(0, 9)).toEqual([
      'conv1.weight', 'bn1.weight', 'bn1.bias',
      'layer1.0.conv1.weight', 'layer1.0.bn1.weight', 'layer1.0.bn1.bias',
      'layer1.0.conv2.weight', 'layer1.0.bn2.weight', 'layer1.0.bn2.bias',
    ]);
    expect(Object.keys(flattenParameters(encoder.buffers()))).toContain('layer2.0.downsample.1.running_var');
    expect(Object.keys(flattenParameters(encoder.parameters()))).not.toContain('layer1.0.downsample.0.weight');
    disposeNetwork(encoder);
  });

  test('the same seed gives the same weights, another seed others, and no two layers are alike', () => {
    const [one, two, other] = [tiny(1), tiny(1), tiny(2)];
    expect(networkState(one)).toEqual(networkState(two));
    expect(networkState(one)['conv1.weight']).not.toEqual(networkState(other)['conv1.weight']);
    const state = networkState(one);
    expect(state['layer2.1.conv1.weight']!.values).not.toEqual(state['layer2.1.conv2.weight']!.values);
    [one, two, other].forEach(disposeNetwork);
  });

  test('with zeroInitResidual a block without a shortcut layer is the identity at first', () => {
    const encoder = tiny(1, true);
    const state = networkState(encoder);
    for (const name of ['layer1.0.bn2.weight', 'layer2.0.bn2.weight', 'layer2.1.bn2.weight']) {
      expect(Math.max(...state[name]!.values)).toBe(0);
    }
    expect(Math.min(...state['layer1.0.bn1.weight']!.values)).toBe(1);
    expect(Math.min(...state['layer2.0.downsample.1.weight']!.values)).toBe(1);
    disposeNetwork(encoder);
  });

  test('an eval pass keeps one tensor, a gradient step none, and a train pass without a gradient one', () => {
    const encoder = tiny();
    const x = images();
    const variables = Object.values(flattenParameters(encoder.parameters()));
    const count = tf.memory().numTensors;
    for (const mode of ['eval', 'train'] as const) {
      const y = encoder.apply(x, mode);
      expect(tf.memory().numTensors).toBe(count + 1);
      y.dispose();
    }
    for (let step = 0; step < 2; step++) {
      const { value, grads } = tf.variableGrads(() => tf.sum(encoder.apply(x, 'train')) as tf.Scalar, variables);
      expect(Object.keys(grads)).toHaveLength(variables.length);
      tf.dispose([value, grads]);
      expect(tf.memory().numTensors).toBe(count);
    }
    x.dispose();
    disposeNetwork(encoder);
  });

  test('two views in one pass of two groups are two passes: the same features and gradients; the statistics move once, not twice', () => {
    const make = (batchNormSplits: number): ReturnType<typeof smallResNet> =>
      smallResNet({ stem: { channels: 4, kernel: 3 }, widths: [4, 8], blocks: [1, 1], channels: 3, batchNormSplits, random: random(1) });
    const [whole, split, apart] = [make(1), make(2), make(1)];
    const views = [1, 2].map((seed) => tf.randomUniform([4, 8, 8, 3], 0, 1, 'float32', seed) as tf.Tensor4D);
    const both = tf.concat(views) as tf.Tensor4D;
    const passes = (encoder: ResidualEncoder): [features: Float32Array, gradient: Float32Array] => {
      const variables = flattenParameters(encoder.parameters());
      let features = new Float32Array();
      const { value, grads } = tf.variableGrads(() => {
        const y = encoder === apart ? tf.concat(views.map((view) => encoder.apply(view, 'train'))) : encoder.apply(both, 'train');
        features = y.dataSync() as Float32Array<ArrayBuffer>;
        return tf.sum(tf.square(y)) as tf.Scalar;
      }, Object.values(variables));
      const gradient = grads[variables['conv1.weight']!.name]!.dataSync() as Float32Array;
      tf.dispose([value, grads]);
      return [features, gradient];
    };
    const [joint, two, separate] = [whole, split, apart].map(passes);
    expect(relativeError(two![0], separate![0])).toBeLessThan(1e-6);
    expect(relativeError(two![1], separate![1])).toBeLessThan(1e-4);
    expect(relativeError(joint![0], separate![0])).toBeGreaterThan(1e-3);
    const mean = (encoder: ResidualEncoder): number => networkState(encoder)['bn1.running_mean']!.values[0]!;
    // to 0.1 · (m1 + m2)/2 in one pass, to 0.9 · 0.1 · m1 + 0.1 · m2 in two
    expect(mean(split!)).toBeCloseTo(mean(whole!), 6);
    expect(mean(apart!) / mean(split!)).toBeCloseTo(1.9, 1);
    tf.dispose([views, both]);
    [whole, split, apart].forEach((encoder) => disposeNetwork(encoder!));
  });

  test('two views in one gradient step move the statistics twice', () => {
    const [once, twice] = [tiny(), tiny()];
    const x = images();
    const variables = Object.values(flattenParameters(twice.parameters()));
    once.apply(x, 'train').dispose();
    const { value, grads } = tf.variableGrads(
      () => tf.sum(tf.add(twice.apply(x, 'train'), twice.apply(x, 'train'))) as tf.Scalar,
      variables,
    );
    const at = (encoder: ResidualEncoder): number => networkState(encoder)['bn1.running_mean']!.values[0]!;
    expect(at(twice) / at(once)).toBeCloseTo(1.9, 4);
    tf.dispose([x, value, grads]);
    [once, twice].forEach(disposeNetwork);
  });

  test('the gradient reaches the images too, where they ask for it', () => {
    const encoder = tiny();
    const gradient = tf.tidy(() => tf.grad((x) => tf.sum(tf.square(encoder.apply(x as tf.Tensor4D, 'eval'))))(images()));
    expect(gradient.shape).toEqual([4, 8, 8, 3]);
    expect(Math.max(...gradient.dataSync())).toBeGreaterThan(0);
    gradient.dispose();
    disposeNetwork(encoder);
  });

  test('frozen parts are buffers; one that is all frozen runs in train as in eval, and nothing of it moves', () => {
    const make = (frozen: readonly string[]): ReturnType<typeof smallResNet> =>
      smallResNet({ stem: { channels: 4, kernel: 3 }, widths: [4, 8], blocks: [1, 2], channels: 3, frozen, random: random(1) });
    const [whole, part, none] = [make(['stem', 'stage1', 'stage2']), make(['stage2']), make([])];
    expect(Object.keys(flattenParameters(part.parameters())).filter((name) => name.startsWith('layer2'))).toEqual([]);
    for (const encoder of [whole, part]) expect(Object.keys(networkState(encoder)).sort()).toEqual(Object.keys(networkState(none)).sort());
    expect(flattenParameters(whole.parameters())).toEqual({});
    none.apply(images(), 'train').dispose(); // statistics as of a trained network
    restoreNetwork('whole', whole, networkState(none));
    const before = networkState(whole);
    expect(whole.apply(images(), 'train').dataSync()).toEqual(none.apply(images(), 'eval').dataSync());
    expect(networkState(whole)).toEqual(before);
    expect(() => make(['layer1'])).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: encoder.frozen: received "layer1", expected parts of the encoder: stem, stage1, stage2.]`);
    [whole, part, none].forEach(disposeNetwork);
  });

  test('wrong settings and images are refused by name', () => {
    const encoder = tiny();
    expect(() => encoder.apply(tf.zeros([1, 8, 8, 1]), 'eval')).toThrowErrorMatchingInlineSnapshot(`[ShapeError: encoder: images is [1, 8, 8, 1], expected [N, H, W, 3]. Set channels to those of the images.]`);
    expect(() => resnet({ depth: 20 as 18, stem: 'cifar', channels: 3, random: random(1) })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: resnet.depth: received 20, expected one of 18, 34, 50, 101, 152.]`);
    expect(() => resnet({ depth: 18, stem: 'mnist' as 'cifar', channels: 3, random: random(1) })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: resnet.stem: received "mnist", expected 'cifar' or 'imagenet'.]`);
    expect(() => resnet({ depth: 18, stem: 'cifar', channels: 3, widthMultiplier: 0.01, random: random(1) })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: resnet.widthMultiplier: received 0.01, expected a multiple of 1/64 above 0.]`);
    expect(() =>
      smallResNet({ stem: { channels: 4, kernel: 3 }, widths: [4, 8], blocks: [1], channels: 3, random: random(1) }),
    ).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: smallResNet.blocks: received [1], expected 2 numbers, as many as widths.]`);
    expect(() =>
      smallResNet({ stem: { channels: 4, kernel: 4 }, widths: [4], blocks: [1], channels: 3, random: random(1) }),
    ).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: smallResNet.stem.kernel: received 4, expected an odd number.]`);
    expect(() => countMultiplyAdds(encoder, [0, 0, 3])).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: countMultiplyAdds.imageShape: received [0,0,3], expected larger images.]`);
    disposeNetwork(encoder);
  });
});

test('every batch normalisation of an encoder and of a head takes its statistics as it is told', () => {
  const seen: number[] = [];
  const normalize: Normalize = (x, scale, offset, { epsilon, groups }) => {
    seen.push(scale.size);
    return { ...batchNorm(x, scale, offset, epsilon), count: x.size / scale.size / groups };
  };
  const small = smallResNet({ stem: { channels: 4, kernel: 3 }, widths: [5, 6], blocks: [1, 1], channels: 3, normalize, random: random(1) });
  const large = resnet({ depth: 18, stem: 'cifar', channels: 3, widthMultiplier: 1 / 64, normalize, random: random(1) });
  const head = projectionHead({ input: 3, layers: [7, 8], batchNorm: 'all', normalize, random: random(1) });
  const predictor = predictionHead({ input: 3, hidden: 9, output: 2, normalize, random: random(1) });
  const norms = (network: Network): number => Object.keys(flattenParameters(network.buffers())).filter((name) => name.endsWith('running_mean')).length;
  for (const [network, input] of [[small, images()], [large, images()], [head, tf.ones([4, 3])], [predictor, tf.ones([4, 3])]] as const) {
    (network as Network).apply(input, 'eval');
    expect(seen).toEqual([]);
    (network as Network).apply(input, 'train');
    expect(seen.splice(0)).toHaveLength(norms(network as Network));
  }
});
