/**
 * Whether memory stays flat: an epoch of 100,000 images and many short epochs, decoded, batched and made tensors. Fails
 * where the process grows.
 */
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { random, type UniformImageDataset } from '@kindred/core';
import { mean, memory, tensor4d, tidy } from '@tensorflow/tfjs-core';
import sharp from 'sharp';
import { create } from 'tar';
import { batches, subset } from '../src/index.js';
import { imageFolder, imageShards } from '../src/node.js';

interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

const BATCH = 256;
const IMAGES = 100_000;
const SIDE = 32;
/** Bytes an image that the process may grow by, as a line through the second half of the figures says: 3,072 would be all of its pixels. */
const MOST_BYTES_PER_IMAGE = 160;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** JPEG files of `SIDE`×`SIDE`. */
async function makeImages(folder: string, count: number): Promise<string> {
  await mkdir(folder);
  const stream = random(1);
  for (let i = 0; i < count; i++) {
    const noise = Uint8Array.from({ length: SIDE * SIDE * 3 }, () => stream.integer(256));
    await sharp(noise, { raw: { width: SIDE, height: SIDE, channels: 3 } }).blur(1).jpeg().toFile(join(folder, `${i}.jpg`));
  }
  return folder;
}

/** Tar files of 500 images each, of 5,000 at most. */
async function makeShards(folder: string, root: string): Promise<string> {
  const all = await readdir(root, { recursive: true });
  const names = all.filter((name) => name.endsWith('.jpg')).slice(0, 5000);
  await mkdir(folder);
  for (let i = 0; i < names.length; i += 500) {
    await create({ cwd: root, file: join(folder, `${String(i / 500).padStart(3, '0')}.tar`) }, names.slice(i, i + 500));
  }
  return folder;
}

/** What the process held after so many images. */
interface Reading {
  readonly images: number;
  readonly bytes: number;
  readonly tensors: number;
}

/** Goes through the dataset `epochs` times, and reads the memory about 40 times. */
async function soak(title: string, dataset: UniformImageDataset, epochs: number): Promise<Reading[]> {
  const readings: Reading[] = [];
  const every = Math.ceil((dataset.size * epochs) / 40);
  let images = 0;
  const read = (): void => {
    collect();
    readings.push({ images, bytes: process.memoryUsage.rss(), tensors: memory().numTensors });
  };
  for (let epoch = 0; epoch < epochs; epoch++) {
    for await (const batch of batches(dataset, { batchSize: BATCH, order: 'shuffled', seed: 1, epoch })) {
      const { pixels, shape } = batch.samples;
      const level = tidy(() => mean(tensor4d(pixels, [...shape])).dataSync()[0]!);
      if (!(level > 0)) throw new Error(`${title}: a batch of level ${level}`);
      const before = images;
      images += batch.sampleIds.length;
      if (Math.floor(images / every) > Math.floor(before / every)) read();
    }
  }
  const shown = readings.filter((_, i) => i % 5 === 4).map(({ bytes }) => (bytes / 2 ** 20).toFixed(0));
  console.log(`  ${title}: MiB resident at every eighth: ${shown.join(' ')}`);
  return readings;
}

/** Bytes that the process grows by for each image: a least-squares line through the second half of the readings. */
function growth(readings: readonly Reading[]): number {
  const late = readings.slice(readings.length >> 1);
  const average = (of: (reading: Reading) => number): number => late.reduce((sum, reading) => sum + of(reading), 0) / late.length;
  const [x, y] = [average(({ images }) => images), average(({ bytes }) => bytes)];
  return average((reading) => (reading.images - x) * (reading.bytes - y)) / average((reading) => (reading.images - x) ** 2);
}

function figuresOf(title: string, readings: readonly Reading[]): Figure[] {
  const slope = growth(readings);
  const tensors = readings.at(-1)!.tensors - readings[0]!.tensors;
  if (slope > MOST_BYTES_PER_IMAGE) throw new Error(`${title}: the process grows by ${slope.toFixed(0)} bytes an image`);
  if (tensors !== 0) throw new Error(`${title}: ${tensors} tensors were left behind`);
  return [
    { name: `${title}: growth an image, second half`, value: slope, unit: 'bytes' },
    { name: `${title}: resident at the end`, value: readings.at(-1)!.bytes / 2 ** 20, unit: 'MiB' },
  ];
}

/** With KINDRED_CIFAR10_JPEG the folder of CIFAR-10 as JPEG files, gone through twice, else one that is made. */
export async function run(): Promise<Figure[]> {
  const given = process.env['KINDRED_CIFAR10_JPEG'];
  const top = await mkdtemp(join(tmpdir(), 'kindred-soak-'));
  try {
    const root = given === undefined ? await makeImages(join(top, 'images'), 2000) : join(given, 'train');
    const into = { imageSize: [SIDE, SIDE], channels: 3 } as const;
    const folder = await imageFolder({ root, ...into });
    const shards = await imageShards({ shards: await makeShards(join(top, 'shards'), root), cache: join(top, 'lists'), ...into });
    const repeated = (dataset: UniformImageDataset): UniformImageDataset => subset(dataset, Int32Array.from({ length: IMAGES }, (_, i) => i % dataset.size));
    const few = subset(folder, random(2).permutation(folder.size).subarray(0, 512));
    const cases = [
      ['an epoch of 100,000 images from a folder', repeated(folder), 1],
      ['an epoch of 100,000 images from shards', repeated(shards), 1],
      ['60 epochs of 512 images from a folder', few, 60],
    ] as const;
    const figures: Figure[] = [];
    for (const [title, dataset, epochs] of cases) figures.push(...figuresOf(title, await soak(title, dataset, epochs)));
    return figures;
  } finally {
    await rm(top, { recursive: true, force: true });
  }
}
