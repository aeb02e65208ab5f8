/** A run of some seconds on pictures made here, and the command line as a child process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
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

export function writeSettings(settings: unknown): string {
  const file = join(mkdtempSync(join(tmpdir(), 'kindred-settings-')), 'run.json');
  writeFileSync(file, JSON.stringify(settings));
  return file;
}

const program = new URL('../src/main.ts', import.meta.url).pathname;

/** Starts `kindred` with arguments. */
export const start = (...args: string[]): ChildProcess =>
  spawn(process.execPath, ['--conditions=@kindred/source', '--import', 'tsx', program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });

/** How a child ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `kindred` to its end. */
export function kindred(...args: string[]): Promise<Ended> {
  return ended(start(...args));
}

export function ended(child: ChildProcess): Promise<Ended> {
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (text: Buffer) => (stdout += text.toString()));
  child.stderr?.on('data', (text: Buffer) => (stderr += text.toString()));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
}
