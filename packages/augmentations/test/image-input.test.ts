/** Images as an encoder expects them, and crops of images that keep sizes of their own. */
import type { EncoderInput, ImageBatch, ImagePixels, MixedImages } from '@kindred/core';
import { add, memory, tensor4d, type Tensor4D, tidy } from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { augmentationPresets, applyViews, compose, defineAugmentation, drawViews, horizontalFlip, imageInput, imageViews, randomResizedCrop, viewPipeline } from '../src/index.js';
import golden from './golden/inputs.json' with { type: 'json' };
import { distance, onBackends } from './support.js';

type Shape3 = readonly [number, number, number];
const picturesOf = (list: readonly { readonly shape: readonly number[]; readonly pixels: readonly number[] }[]): ImagePixels[] =>
  list.map(({ shape, pixels }) => ({ shape: shape as unknown as Shape3, pixels: Uint8Array.from(pixels) }));
const pictures = picturesOf(golden.pictures);
const greys = picturesOf(golden.greys);
const mixed: MixedImages = { images: pictures };
const plain = { channels: 3, interpolation: 'bilinear', fit: 'cover', cropShare: 1 } as const;
const bytes = (values: ArrayLike<number>): Float32Array => Float32Array.from(values, (value) => value / 255);
/** Pillow computed in float32 and wrote three decimals of 0..255; weights of 50 pixels sum up to an error of some 1e-6. */
const asPillow = 1e-5;

onBackends(() => {
  const valuesOf = (make: () => Tensor4D): Float32Array => tidy(() => make().dataSync<'float32'>().slice());

  test.each(golden.inputs.map((entry) => [`${entry.size.join('x')} ${entry.interpolation} ${entry.fit} ${entry.cropShare}`, entry] as const))(
    '%s: images of several sizes are what Pillow makes of them, one by one or together',
    (_, { size, cropShare, interpolation, fit, expected }) => {
      const input = imageInput({ size: size as unknown as [number, number], channels: 3, cropShare, interpolation: interpolation as 'bilinear', fit: fit as 'cover' });
      const together = valuesOf(() => input(mixed));
      expect(distance(together, bytes(expected.flat()))).toBeLessThan(asPillow);
      pictures.forEach(({ pixels, shape }, i) => {
        const alone = valuesOf(() => input({ pixels, shape: [1, ...shape] }));
        expect(distance(alone, together.slice(i * alone.length, (i + 1) * alone.length))).toBeLessThan(2e-6);
      });
    },
  );

  test('a crop of an image that keeps its size is the crop of that image, as Pillow makes it', () => {
    for (const { image, box: [top, left, height, width], output, interpolation, expected } of golden.crops) {
      const crop = randomResizedCrop({ area: [1, 1], aspect: [1, 1], output: output as [number, number], interpolation: interpolation as 'bilinear', sampler: 'torchvision' });
      // beside another image of another size
      const others = [pictures[(image + 1) % 4]!, pictures[image]!];
      const whole = { top: 0, left: 0, height: others[0]!.shape[0], width: others[0]!.shape[1] };
      const records = [whole, { top: top!, left: left!, height: height!, width: width! }];
      const [view] = [valuesOf(() => applyViews([crop], { images: others }, [records])[0]!)];
      expect(distance(view.slice(view.length / 2), bytes(expected))).toBeLessThan(asPillow);
    }
  });

  test('grey is repeated, and colours become their luma', () => {
    const grey = valuesOf(() => imageInput({ ...plain, size: [8, 8] })({ images: greys }));
    expect(distance(grey, bytes(golden['grey to colour'].flat()))).toBeLessThan(asPillow);
    const luma = valuesOf(() => imageInput({ ...plain, size: [8, 8], channels: 1 })(mixed));
    expect(distance(luma, bytes(golden['colour to grey'].flat()))).toBeLessThan(asPillow);
  });

  test('an image of the right size stays as it is; mean and deviation are those of each channel', () => {
    const { pixels, shape } = pictures[2]!;
    const size = [shape[0], shape[1]] as const;
    const batch: ImageBatch = { pixels, shape: [1, ...shape] };
    expect(distance(valuesOf(() => imageInput({ ...plain, size })(batch)), bytes(pixels))).toBeLessThan(1e-7);
    const input: EncoderInput = { ...plain, size, mean: [0.1, 0.2, 0.3], deviation: [0.5, 0.25, 2] };
    const normal = Float32Array.from(pixels, (value, i) => (value / 255 - input.mean![i % 3]!) / input.deviation![i % 3]!);
    expect(distance(valuesOf(() => imageInput(input)(batch)), normal)).toBeLessThan(2e-6);
    expect(distance(valuesOf(() => imageInput({ ...plain, size, mean: [0.1, 0.2, 0.3] })(batch)), Float32Array.from(pixels, (value, i) => value / 255 - [0.1, 0.2, 0.3][i % 3]!))).toBeLessThan(1e-6);
  });

  test('one tensor is left, and the images stay as they were', () => {
    const input = imageInput({ ...plain, size: [8, 8], mean: [0.1, 0.2, 0.3], deviation: [1, 1, 1] });
    const before = pictures.map(({ pixels }) => pixels.slice());
    const count = memory().numTensors;
    const made = input(mixed);
    expect(memory().numTensors).toBe(count + 1);
    expect(pictures.map(({ pixels }) => pixels)).toEqual(before);
    made.dispose();
  });

  test('views of images of several sizes are those of each image alone, drawn for its own size', () => {
    const view = viewPipeline(augmentationPresets.simclr.views[0], { output: [12, 10], channels: 3 });
    // without a way for pixels or a canvas of its own: one image after the other
    const { draw, apply, outputSize, name } = view;
    const ownWay = { name, draw, apply, outputSize: outputSize! };
    const shift = defineAugmentation<number>({ name: 'shift', draw: (random) => random.uniform(), tensors: (given, by) => tidy(() => add(given, tensor4d([...by], [by.length, 1, 1, 1]))) });
    for (const usable of [[view, view], [ownWay, view], [compose([shift, view])], [compose([view, shift])]]) {
      const ids = Int32Array.of(5, 9, 1, 2);
      const made = tidy(() => imageViews(usable).make(mixed, { seed: 3, epoch: 1, sampleIds: ids }).map((one) => one.dataSync<'float32'>().slice()));
      pictures.forEach(({ pixels, shape: [height, width, channels] }, i) => {
        const records = drawViews(usable, { seed: 3, epoch: 1, sampleIds: [ids[i]!], size: { height, width } });
        const alone = tidy(() => applyViews(usable, { pixels, shape: [1, height, width, channels] }, records).map((one) => one.dataSync<'float32'>().slice()));
        alone.forEach((values, v) => {
          expect(distance(values, made[v]!.slice(i * values.length, (i + 1) * values.length))).toBeLessThan(2e-5);
        });
      });
    }
  });

  test('images that keep several sizes are refused by name, whatever makes the views', () => {
    const flip = horizontalFlip({ probability: 0.5 });
    const make = (augmentation: Parameters<typeof imageViews>[0][number]) => (): unknown =>
      tidy(() => imageViews([augmentation]).make(mixed, { seed: 3, epoch: 1, sampleIds: Int32Array.of(5, 9, 1, 2) }));
    expect(make(flip)).toThrow('applyViews: images keep several sizes: image 0 is 19 by 31, image 1 40 by 23. Begin the view with a crop, which brings them to one.');
    expect(make(viewPipeline({ flip: { probability: 1 } }, { output: [19, 31], channels: 3 }))).toThrow(/viewPipeline: images is \[1, 40, 23, 3\], expected/);
  });
});

describe('messages', () => {
  test('an input out of range is named', () => {
    expect(() => imageInput({ ...plain, size: [0, 8] })).toThrowErrorMatchingInlineSnapshot(`[DataError: imageInput: size of the encoder's input is [0,8], expected [height, width] in pixels.]`);
    expect(() => imageInput({ ...plain, size: [8, 8], cropShare: 2 })).toThrowErrorMatchingInlineSnapshot(`[DataError: imageInput: cropShare of the encoder's input is 2, expected a share above 0 and at most 1.]`);
  });

  test('pixels that do not fill their shape are named', () => {
    const flip = horizontalFlip({ probability: 0.5 });
    const short = { images: [pictures[0]!, { pixels: new Uint8Array(5), shape: [2, 1, 3] as const }] };
    expect(() => imageViews([flip]).make(short, { seed: 1, epoch: 0, sampleIds: Int32Array.of(1, 2) })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: applyViews.images[1]: received 5, expected 6 bytes for [2, 1, 3].]`);
  });
});
