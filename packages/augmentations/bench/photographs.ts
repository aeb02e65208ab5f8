/**
 * How many views a second of decoded photographs: SimCLR's at 224 pixels. With KINDRED_PYTHON naming a Python that has
 * torchvision, its PIL transforms run in turn with ours, on one core.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { dispose, reshape, slice, tidy } from '@tensorflow/tfjs-core';
import { applyViews, drawViews, viewPipeline, type ViewSettings } from '../src/index.js';
import { pictures } from './support/pictures.js';

const COUNT = 64;
const sizes = [[256, 256], [375, 500]] as const;
const blurs = ['torchvision', 'pil'] as const;

/** The row simclr by torchvision's definitions: the same work on both sides. */
const settings: ViewSettings = {
  crop: { area: [0.08, 1], aspect: [3 / 4, 4 / 3], interpolation: 'bicubic', sampler: 'torchvision' },
  flip: { probability: 0.5 },
  jitter: { probability: 0.8, brightness: 0.8, contrast: 0.8, saturation: 0.8, hueTurns: 0.2 },
  grayscale: { probability: 0.2 },
  blur: { probability: 0.5, sigmaPixels: [0.1, 2], kernel: 23 },
};

/** torchvision in the Python that KINDRED_PYTHON names; one batch at a time, so that both never run at once. */
async function torchvision(): Promise<{ version: string; seconds: (height: number, width: number, blur: string) => Promise<number>; end: () => void } | undefined> {
  const python = process.env['KINDRED_PYTHON'];
  if (!python) return undefined;
  const script = new URL('photographs_torchvision.py', import.meta.url).pathname;
  const child = spawn(python, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${python} ended early: does it have torchvision?`);
    return value;
  };
  return {
    version: await line(),
    async seconds(height, width, blur) {
      child.stdin.write(`${height} ${width} ${COUNT} ${blur}\n`);
      return Number(await line());
    },
    end: () => void child.stdin.end(),
  };
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

/** Medians of `repetitions` batches after two to warm up; a ratio is the median over pairs, each of ours and theirs in turn. */
export async function run(repetitions = 5): Promise<{ name: string; value: number; unit: string }[]> {
  const theirs = await torchvision();
  const results: { name: string; value: number; unit: string }[] = [];
  const pipelines = [0, 1].map(() => viewPipeline(settings, { output: [224, 224], channels: 3 }));
  for (const [height, width] of sizes) {
    const pixels = pictures(COUNT, height, width);
    const sampleIds = Int32Array.from({ length: COUNT }, (_, i) => i);
    /** Seconds a view, bytes to a tensor that the backend has taken in, draws included. */
    const ours = (epoch: number): number => {
      const start = performance.now();
      const records = drawViews(pipelines, { seed: 1, epoch, sampleIds, size: { height, width } });
      const views = applyViews(pipelines, { pixels, shape: [COUNT, height, width, 3] }, records);
      // one number: a copy of all would count
      for (const view of views) tidy(() => void slice(reshape(view, [-1]), [0], [1]).dataSync());
      dispose(views);
      return (performance.now() - start) / 1000 / (2 * COUNT);
    };
    const own: number[] = [];
    const pairs: Record<string, number[]> = {};
    for (let repetition = -2; repetition < repetitions; repetition++) {
      for (const blur of theirs ? blurs : [undefined]) {
        const seconds = ours(repetition + 2);
        const other = blur === undefined ? NaN : await theirs!.seconds(height, width, blur);
        if (repetition < 0) continue;
        own.push(seconds);
        if (blur !== undefined) (pairs[blur] ??= []).push(other, seconds);
      }
    }
    const name = `SimCLR views 224x224 of ${height}x${width}`;
    results.push({ name, value: 1 / median(own), unit: 'views/s' });
    for (const [blur, times] of Object.entries(pairs)) {
      const other = times.filter((_, i) => i % 2 === 0);
      const title = `torchvision ${theirs!.version}, 1 core, ${blur === 'pil' ? "PIL's blur" : 'its own blur'}`;
      results.push({ name: `${name}: ${title}`, value: 1 / median(other), unit: 'views/s' });
      results.push({ name: `${name}: Kindred to it`, value: median(other.map((time, i) => time / times[2 * i + 1]!)), unit: 'x' });
    }
  }
  theirs?.end();
  return results;
}
