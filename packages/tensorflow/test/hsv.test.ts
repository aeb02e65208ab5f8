import { abs, tensor2d } from '@tensorflow/tfjs-core';
import { hsvToRgb, rgbToHsv } from '@kindred/core';
import { expect, test } from 'vitest';
import { expectClose, leaksNothing, numbers, onCpu, run } from './support/kernels.js';

const colours = abs(numbers([2, 4, 5, 3]));

test('red, green, blue and grey have hue 0, 1/3, 2/3 and 0', () => {
  const [hsv] = run('KindredRgbToHsv', { x: tensor2d([[1, 0, 0], [0, 0.5, 0], [0, 0, 1], [0.4, 0.4, 0.4]]) });
  expectClose(hsv!.dataSync(), [0, 1, 1, 1 / 3, 1, 0.5, 2 / 3, 1, 1, 0, 0, 0.4], 1e-6);
});

test('there and back is where it began', () => {
  const [hsv] = run('KindredRgbToHsv', { x: colours });
  expect(hsv!.shape).toEqual(colours.shape);
  expectClose(run('KindredHsvToRgb', { x: hsv! })[0]!.dataSync(), colours.dataSync(), 1e-6);
});

test('equals the composite of plain operations, both ways', async () => {
  const compute = (): ArrayLike<number>[] => [rgbToHsv(colours).dataSync(), hsvToRgb(colours).dataSync()];
  const want = await onCpu(compute);
  compute().forEach((values, i) => expectClose(values, want[i]!, 2e-6));
});

test('leaves no tensors and no native handles behind', () => {
  leaksNothing(() => void run('KindredHsvToRgb', { x: run('KindredRgbToHsv', { x: colours })[0]! }));
});
