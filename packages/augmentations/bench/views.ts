/** How many views a second: SimCLR's pipelines at 32x32x3, and the share of each part. */
import { dispose, reshape, slice, type Tensor4D, tidy } from '@tensorflow/tfjs-core';
import { applyViews, augmentationPresets, drawViews, viewPipeline, type ViewSettings } from '../src/index.js';
import { pictures } from './support/pictures.js';

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

/**
 * Views a second of whole pipelines, bytes to views, draws included; then each part's share of the time of the pipeline
 * with blur, every part timed alone.
 */
export async function run(repetitions = 15): Promise<{ name: string; value: number; unit: string }[]> {
  const pixels = pictures(COUNT, SIDE, SIDE, CHANNELS);
  const shape = [COUNT, SIDE, SIDE, CHANNELS] as const;
  const cifar: ViewSettings = augmentationPresets.simclrCifar.views[0]!;
  const blur = { probability: 0.5, sigmaPixels: [0.1, 2] } as const;
  const options = { output: [SIDE, SIDE], channels: CHANNELS } as const;

  const viewsASecond = (settings: ViewSettings): number => {
    const pipelines = [viewPipeline(settings, options), viewPipeline(settings, options)];
    const time = median((epoch) => {
      const records = drawViews(pipelines, { seed: 1, epoch, sampleIds, size });
      applyViews(pipelines, { pixels, shape }, records).forEach(finish);
    }, repetitions);
    return (2 * COUNT * 1000) / time;
  };

  const results = [
    { name: 'SimCLR views 32x32x3: crop, flip, jitter, grey', value: viewsASecond(cifar), unit: 'views/s' },
    { name: 'SimCLR views 32x32x3: the same and blur', value: viewsASecond({ ...cifar, blur }), unit: 'views/s' },
  ];

  const whole = viewPipeline({ ...cifar, blur }, options);
  /** Milliseconds of the views of settings, draws left out. */
  const timeOf = (settings: ViewSettings): number => {
    const pipeline = viewPipeline(settings, options);
    const records = drawViews([pipeline], { seed: 1, epoch: 0, sampleIds, size });
    return median(() => applyViews([pipeline], { pixels, shape }, records).forEach(finish), repetitions);
  };
  const still = timeOf({ flip: { probability: 0 } });
  const parts: [string, ViewSettings][] = [
    ['crop and flip', { crop: cifar.crop, flip: cifar.flip }],
    ['jitter', { jitter: cifar.jitter }],
    ['grey', { grayscale: cifar.grayscale }],
    ['blur', { blur }],
  ];
  const times: [string, number][] = [
    ['draws', median((epoch) => void drawViews([whole], { seed: 1, epoch, sampleIds, size }), repetitions)],
    ['reading and writing', still],
    ...parts.map(([name, settings]): [string, number] => [name, Math.max(0, timeOf(settings) - still)]),
  ];
  const sum = times.reduce((total, [, time]) => total + time, 0);
  return [...results, ...times.map(([name, time]) => ({ name: `share of ${name}`, value: (100 * time) / sum, unit: '%' }))];
}
