/** How long a training step waits for images that are decoded meanwhile, and what decoding takes from the step. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { augmentationPresets, imageViews, viewPipeline } from '@kindred/augmentations';
import { projectionHead, resnet, type ResidualEncoder, smallResNet } from '@kindred/backbones';
import { flattenParameters, random, type UniformImageDataset } from '@kindred/core';
import { batches, inMemoryDataset, subset } from '@kindred/datasets';
import { imageFolder } from '@kindred/datasets/node';
import { simclr } from '@kindred/methods';
import { constant, sgd } from '@kindred/optimizers';
import sharp from 'sharp';
import { pretrain, type StepRecord } from '../src/index.js';

const BATCH = 128;
const STEPS = 6;

interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

const encoders: Readonly<Record<string, () => ResidualEncoder>> = {
  'ResNet-18, CIFAR stem': () => resnet({ depth: 18, stem: 'cifar', channels: 3, random: random(1) }),
  'ResNet 16/32/64 x3': () =>
    smallResNet({ stem: { channels: 16, kernel: 3 }, widths: [16, 32, 64], blocks: [3, 3, 3], channels: 3, random: random(1) }),
};

/** JPEG files of 32×32 in a temporary folder: soft noise, as many bytes as those of CIFAR-10. */
async function makeFolder(count: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kindred-loader-'));
  const stream = random(1);
  for (let i = 0; i < count; i++) {
    const noise = Uint8Array.from({ length: 32 * 32 * 3 }, () => stream.integer(256));
    await sharp(noise, { raw: { width: 32, height: 32, channels: 3 } }).blur(1).jpeg().toFile(join(folder, `${i}.jpg`));
  }
  return folder;
}

interface Step {
  readonly seconds: number;
  /** Of all threads, those that decode included: other programs do not count. */
  readonly processorSeconds: number;
  /** Share of the step, 0..1. */
  readonly waiting: number;
}

/** The steps of one epoch over `BATCH · STEPS` images, without the first, before which nothing could be read ahead. */
async function steps(dataset: UniformImageDataset, encoder: ResidualEncoder): Promise<Step[]> {
  const projector = projectionHead({ input: encoder.dimension, layers: [128], batchNorm: 'none', random: random(2) });
  const method = simclr({ encoder, projector, temperature: 0.5 });
  const optimizer = sgd({ parameters: flattenParameters(method.parameters()), momentum: 0.9, weightDecay: 0, exclude: () => false });
  const view = viewPipeline(augmentationPresets.simclrCifar.views[0], { output: [32, 32], channels: 3 });
  const records: Step[] = [];
  let used = process.cpuUsage();
  const onStep = ({ samplesPerSecond, waiting }: StepRecord): void => {
    const { user, system } = process.cpuUsage(used);
    used = process.cpuUsage();
    records.push({ seconds: BATCH / samplesPerSecond, processorSeconds: (user + system) / 1e6, waiting });
  };
  await pretrain({ method, dataset, views: imageViews([view, view]), optimizer, schedule: constant(0.01), batchSize: BATCH, epochs: 1, seed: 1, onStep });
  return records.slice(1);
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

/** With KINDRED_CIFAR10_JPEG the folder of CIFAR-10 as JPEG files, else one that is made. */
export async function run(): Promise<Figure[]> {
  const given = process.env['KINDRED_CIFAR10_JPEG'];
  const root = given === undefined ? await makeFolder(BATCH * STEPS) : join(given, 'train');
  try {
    const whole = await imageFolder({ root, imageSize: [32, 32], channels: 3 });
    const ids = random(3).permutation(whole.size).subarray(0, BATCH * STEPS);
    const files = subset(whole, ids);
    const started = performance.now();
    const decoded: Uint8Array[] = [];
    for await (const { samples } of batches(files, { batchSize: BATCH, order: 'sequential' })) decoded.push(samples.pixels);
    const alone = ids.length / ((performance.now() - started) / 1000);
    const held = inMemoryDataset({ name: 'held', images: new Uint8Array(Buffer.concat(decoded)), imageShape: [32, 32, 3] });
    const figures: Figure[] = [{ name: 'JPEG 32x32 decoded, nothing else going on', value: alone, unit: 'images/s' }];
    for (const [name, encoder] of Object.entries(encoders)) {
      const fromMemory = await steps(held, encoder());
      const fromFiles = await steps(files, encoder());
      const of = (records: readonly Step[], what: keyof Step): number => median(records.map((record) => record[what]));
      figures.push(
        { name: `${name}: step of ${BATCH} images from JPEG files`, value: of(fromFiles, 'seconds'), unit: 's' },
        { name: `${name}: share of it spent waiting for them`, value: 100 * of(fromFiles, 'waiting'), unit: '%' },
        { name: `${name}: the longest of ${fromFiles.length} waits`, value: 100 * Math.max(...fromFiles.map(({ waiting }) => waiting)), unit: '%' },
        {
          name: `${name}: processor time, from files / from memory`,
          value: of(fromFiles, 'processorSeconds') / of(fromMemory, 'processorSeconds'),
          unit: '',
        },
      );
    }
    return figures;
  } finally {
    if (given === undefined) await rm(root, { recursive: true, force: true });
  }
}
