/** A run of some seconds on pictures made here. */
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { random } from '@kindred/core';
import sharp from 'sharp';

/** A folder with `train/<class>/*.png` and `test/<class>/*.png`: three classes of striped pictures with noise. */
export async function stripedImages(): Promise<string> {
  const root = mkdtempSync(join(tmpdir(), 'kindred-images-'));
  const stream = random(7);
  for (const [split, count] of [['train', 16], ['test', 6]] as const) {
    for (const [c, name] of ['across', 'down', 'dots'].entries()) {
      mkdirSync(join(root, split, name), { recursive: true });
      for (let i = 0; i < count; i++) {
        const bytes = Uint8Array.from({ length: 12 * 12 }, (_, at) => {
          const [y, x] = [Math.floor(at / 12), at % 12];
          const bright = [y % 4 < 2, x % 4 < 2, x % 3 === 0 && y % 3 === 0][c];
          return (bright ? 190 : 50) + stream.integer(60);
        });
        await sharp(bytes, { raw: { width: 12, height: 12, channels: 1 } }).png().toFile(join(root, split, name, `${i}.png`));
      }
    }
  }
  return root;
}

/** Settings of a run on such images: 8 epochs of 6 steps, a queue that wraps, LARS with momentum. */
export const settingsOn = (root: string): Record<string, unknown> => ({
  name: 'striped',
  seed: 1,
  data: { name: 'image-folder', root, imageSize: [12, 12], channels: 1 },
  views: { crop: { area: [0.5, 1], aspect: [0.75, 1.33], interpolation: 'bilinear', sampler: 'torchvision' }, flip: { probability: 0.5 } },
  encoder: { name: 'small-resnet', stem: { channels: 4, kernel: 3, stride: 1 }, widths: [4, 8], blocks: [1, 1] },
  method: {
    name: 'nnclr',
    temperature: 0.2,
    projection: { layers: [8, 4], batchNorm: 'all' },
    prediction: { hidden: 8 },
    supportSet: { capacity: 20 },
  },
  optimizer: { name: 'lars', momentum: 0.9, weightDecay: 1e-4, trustCoefficient: 0.02, form: 'separate', learningRatePlacement: 'outside', clip: true },
  learningRate: { base: 1, scale: 'none', warmupEpochs: 1 },
  batchSize: 8,
  epochs: 8,
  checkpointEvery: 4,
  monitor: { everyEpochs: 1, images: 40, k: 5 },
});
