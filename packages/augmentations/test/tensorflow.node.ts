/** Against TensorFlow's own operations, whose definitions SimCLR and BYOL take. */
import { backend, depthwiseConv2d, getBackend, maximum, minimum, scalar, tensor1d, tensor4d, type Tensor, type Tensor4D, tidy, tile } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { colorJitter, gaussianBlur, type JitterRecord, randomResizedCrop } from '../src/index.js';
import { distance, images, onBackends, pixels, type Shape } from './support.js';

interface Native {
  binding: Record<string, number>;
  executeSingleOutput(name: string, attributes: object[], inputs: Tensor[]): Tensor;
}

const native = (name: string, inputs: Tensor[], attributes: Record<string, [kind: string, value: unknown]> = {}): Tensor4D => {
  const engine = backend() as unknown as Native;
  const list = Object.entries(attributes).map(([key, [kind, value]]) => ({ name: key, type: engine.binding[`TF_ATTR_${kind}`], value }));
  return engine.executeSingleOutput(name, [{ name: 'T', type: engine.binding['TF_ATTR_TYPE'], value: engine.binding['TF_FLOAT'] }, ...list], inputs) as Tensor4D;
};

const factor = fc.double({ min: 0, max: 2, noNaN: true });
const still: JitterRecord = { order: [], brightness: 0, contrast: 1, saturation: 1, hueTurns: 0 };
const jitter = colorJitter({ probability: 1, brightness: 1, contrast: 1, saturation: 1, hueTurns: 0.5, definitions: 'tensorflow', additiveBrightness: true });

describe.runIf(getBackend() === 'tensorflow')('colours', () => {
  /** Steps of one record by TensorFlow, cut to 0..1 after each as in Google's and BYOL's code. */
  const theirs = (shape: Shape, seed: number, { order, ...drawn }: JitterRecord): Tensor4D => {
    let x: Tensor4D = images(shape, seed);
    for (const step of order) {
      if (step === 'brightness') x = native('AddV2', [x, scalar(drawn.brightness)]);
      if (step === 'contrast') x = native('AdjustContrastv2', [x, scalar(drawn.contrast)]);
      if (step === 'saturation') x = native('AdjustSaturation', [x, scalar(drawn.saturation)]);
      if (step === 'hue') x = native('AdjustHue', [x, scalar(drawn.hueTurns)]);
      x = minimum(maximum(x, 0), 1);
    }
    return x;
  };

  test('are TensorFlow’s AdjustContrast, AdjustSaturation and AdjustHue, in any order', () => {
    const record = fc.record({
      order: fc.shuffledSubarray(['brightness', 'contrast', 'saturation', 'hue'] as const, { minLength: 1 }),
      brightness: fc.double({ min: -0.8, max: 0.8, noNaN: true }),
      contrast: factor,
      saturation: factor,
      hueTurns: fc.double({ min: -0.5, max: 0.5, noNaN: true }),
    });
    fc.assert(
      fc.property(record, fc.nat(), (drawn, seed) => {
        const shape: Shape = [1, 5, 6, 3];
        tidy(() => {
          const ours = jitter.apply(images(shape, seed), [drawn]).dataSync();
          // within 2e-5: float32; a clip to nearly grey magnifies a rounding
          expect(distance(ours, theirs(shape, seed, drawn).dataSync())).toBeLessThan(2e-5);
        });
      }),
      { numRuns: 100 },
    );
  });

  test('differ from torchvision’s by much more than that', () => {
    const other = colorJitter({ probability: 1, brightness: 1, contrast: 1, saturation: 1, hueTurns: 0.5 });
    tidy(() => {
      for (const given of [{ order: ['contrast'], contrast: 0.3 }, { order: ['saturation'], saturation: 0.3 }] as const) {
        const shape: Shape = [1, 5, 6, 3];
        const record = { ...still, ...given };
        expect(distance(jitter.apply(images(shape), [record]).dataSync(), other.apply(images(shape), [record]).dataSync())).toBeGreaterThan(0.05);
      }
    });
  });
});

describe.runIf(getBackend() === 'tensorflow')('resizing', () => {
  test('without antialiasing is TensorFlow’s bicubic with half-pixel centres', () => {
    fc.assert(
      fc.property(fc.integer({ min: 4, max: 20 }), fc.integer({ min: 4, max: 20 }), fc.integer({ min: 2, max: 12 }), (height, width, out) => {
        const shape: Shape = [2, height, width, 3];
        const crop = randomResizedCrop({
          area: [0.08, 1], aspect: [1, 1], output: [out, out + 3], interpolation: 'bicubic', sampler: 'tensorflow', antialias: false,
        });
        const box = { top: 0, left: 0, height, width };
        tidy(() => {
          const resized = native('ResizeBicubic', [images(shape), tensor1d([out, out + 3], 'int32')], { align_corners: ['BOOL', false], half_pixel_centers: ['BOOL', true] });
          const clipped = minimum(maximum(resized, 0), 1);
          // TensorFlow reads its weights from a table of 1,024 places between two pixels: up to 2e-3, a half of 1/255
          expect(distance(crop.apply(images(shape), [box, box]).dataSync(), clipped.dataSync())).toBeLessThan(2e-3);
        });
      }),
      { numRuns: 40 },
    );
  });
});

onBackends(() => {
  test('blur with black edges is a convolution padded with zeros, as in BYOL’s code', () => {
    const shape: Shape = [1, 9, 12, 3];
    const [sigma, kernel] = [1.3, 7];
    const line = Array.from({ length: kernel }, (_, i) => Math.exp(-((i - 3) ** 2) / (2 * sigma ** 2)));
    const sum = line.reduce((a, b) => a + b);
    tidy(() => {
      const filter = (h: number, w: number): Tensor4D => tile(tensor4d(line.map((x) => x / sum), [h, w, 1, 1]), [1, 1, 3, 1]);
      const expected = depthwiseConv2d(depthwiseConv2d(images(shape), filter(1, kernel), 1, 'same'), filter(kernel, 1), 1, 'same');
      const blur = gaussianBlur({ probability: 1, sigmaPixels: [0.1, 2], kernel, edges: 'zeros' });
      const result = blur.apply(images(shape), [{ sigmaPixels: sigma }]).dataSync();
      expect(distance(result, expected.dataSync())).toBeLessThan(1e-6);
      expect(result[0]!).toBeLessThan(pixels(shape)[0]!); // a corner is darker
    });
  });
});
