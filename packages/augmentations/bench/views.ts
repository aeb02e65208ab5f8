/** How many views a second: SimCLR's pipelines at 32x32x3, and the share of each part. */
import { dispose, reshape, slice, type Tensor4D, tidy } from '@tensorflow/tfjs-core';
import { applyViews, augmentationPresets, bytesToImages, drawViews, viewPipeline, type ViewSettings } from '../src/index.js';

const COUNT = 256;
const SIDE = 32;
const CHANNELS = 3;
const size = { height: SIDE, width: SIDE };
const sampleIds = Int32Array.from({ length: COUNT }, (_, i) => i);

/** Milliseconds of one call: the median over `repetitions`, after three to warm up. */
function median(run: (repetition: number) => void, repetitions: number): number {
  const times = Array.from({ length: repetitions + 3 }, (_, repetition) => {
    const start = performance.now();
    run(repetition);
    return performance.now() - start;
  }).slice(3);
  return times.sort((a, b) => a - b)[repetitions >> 1]!;
}

/** Waits for the values of a tensor: a backend may hand it out before it is computed. One number, so that no copy counts. */
const finish = (x: Tensor4D): void => {
  tidy(() => void slice(reshape(x, [-1]), [0], [1]).dataSync());
  dispose(x);
};

/** Smooth colours with some noise, as photographs have, the same at every run. */
function pictures(): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length: COUNT * SIDE * SIDE * CHANNELS }, (_, i) => {
    const channel = i % CHANNELS;
    const x = Math.floor(i / CHANNELS) % SIDE;
    const y = Math.floor(i / CHANNELS / SIDE) % SIDE;
    const image = Math.floor(i / CHANNELS / SIDE / SIDE);
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const noise = (state / 2 ** 32 - 0.5) * 16;
    return Math.min(255, Math.max(0, 128 + 80 * Math.sin(x / 5 + image + channel) + 60 * Math.cos(y / 7 + image * channel) + noise));
  });
}

/**
 * Views a second of whole pipelines, bytes to views, draws included; then each part's share of the time of the pipeline
 * with blur, every part timed alone.
 */
export async function run(repetitions = 15): Promise<{ name: string; value: number; unit: string }[]> {
  const bytes = pictures();
  const cifar: ViewSettings = augmentationPresets.simclrCifar.views[0]!;
  const blur = { probability: 0.5, sigmaPixels: [0.1, 2] } as const;
  const options = { output: [SIDE, SIDE], channels: CHANNELS } as const;

  const viewsASecond = (settings: ViewSettings): number => {
    const pipelines = [viewPipeline(settings, options), viewPipeline(settings, options)];
    const time = median((epoch) => {
      const images = bytesToImages(bytes, [COUNT, SIDE, SIDE, CHANNELS]);
      const records = drawViews(pipelines, { seed: 1, epoch, sampleIds, size });
      applyViews(pipelines, images, records).forEach(finish);
      images.dispose();
    }, repetitions);
    return (2 * COUNT * 1000) / time;
  };

  const results = [
    { name: 'SimCLR views 32x32x3: crop, flip, jitter, grey', value: viewsASecond(cifar), unit: 'views/s' },
    { name: 'SimCLR views 32x32x3: the same and blur', value: viewsASecond({ ...cifar, blur }), unit: 'views/s' },
  ];

  const images = bytesToImages(bytes, [COUNT, SIDE, SIDE, CHANNELS]);
  const whole = viewPipeline({ ...cifar, blur }, options);
  const parts: [string, ViewSettings][] = [
    ['crop and flip', { crop: cifar.crop, flip: cifar.flip }],
    ['jitter', { jitter: cifar.jitter }],
    ['grey', { grayscale: cifar.grayscale }],
    ['blur', { blur }],
  ];
  const times: [string, number][] = [
    ['draws', median((epoch) => void drawViews([whole], { seed: 1, epoch, sampleIds, size }), repetitions)],
    // one conversion serves two views
    ['bytes to images', median(() => finish(bytesToImages(bytes, [COUNT, SIDE, SIDE, CHANNELS])), repetitions) / 2],
    ...parts.map(([name, settings]): [string, number] => {
      const pipeline = viewPipeline(settings, options);
      const records = drawViews([pipeline], { seed: 1, epoch: 0, sampleIds, size });
      return [name, median(() => applyViews([pipeline], images, records).forEach(finish), repetitions)];
    }),
  ];
  images.dispose();
  const sum = times.reduce((total, [, time]) => total + time, 0);
  return [...results, ...times.map(([name, time]) => ({ name: `share of ${name}`, value: (100 * time) / sum, unit: '%' }))];
}
