/** The whole way, from a folder of pictures to a page. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { imageInput } from '@kindred/augmentations';
import { disposeNetwork } from '@kindred/backbones';
import type { EncoderInput } from '@kindred/core';
import { imageFolder } from '@kindred/datasets/node';
import { embed, type Features, neighborPurity, retrieval } from '@kindred/evaluation';
import {
  embedImages, type Embeddings, findClusters, findDuplicates, findOutliers, freshEncoder, loadEncoder, loadRun, openEmbeddings, openNamedImages, openRun, pretrainRun, type PretrainSettings,
  selectImages, writeBrowse, writeCuration,
} from '@kindred/runs';
import { findPlanted, type FoundDuplicates, plant } from './planted.js';

export interface WalkOptions {
  /** The pictures: `<class>/<file>`. Classes are used to measure with, not to train with. */
  readonly pictures: string;
  /** Where everything is written. */
  readonly out: string;
  /** Of the pre-training, or the folder of a run that is there already. */
  readonly train: PretrainSettings | string;
  /** How many pictures get planted duplicates hidden among them. */
  readonly plantAmong: number;
  /** How many to select. */
  readonly select: number;
  readonly say: (line: string) => void;
}

/** How good a search over embeddings is. */
export interface SearchQuality {
  /** The share of the ten nearest that are of the picture's class. */
  readonly precisionAt10: number;
  /** The share of pictures with one of their class among the ten nearest. */
  readonly recallAt10: number;
}

export interface WalkResult {
  /** Of the network before training (its random weights, or those that it starts from) and after. */
  readonly quality: Readonly<Record<'random weights' | 'trained', SearchQuality> & Partial<Record<'weights it started from', SearchQuality>>>;
  readonly planted: readonly FoundDuplicates[];
  readonly page: string;
  /** Seconds of each part. */
  readonly seconds: Readonly<Record<string, number>>;
}

async function qualityOf(features: Features): Promise<SearchQuality> {
  const [{ purity }, { recallAt }] = [
    await neighborPurity({ features, k: 10, similarity: 'cosine' }),
    await retrieval({ queries: features, recallAt: [10], similarity: 'cosine' }),
  ];
  return { precisionAt10: purity, recallAt10: recallAt['10']! };
}

/** Trains, embeds, measures, curates and writes the page. The engine must be up. */
export async function walk({ pictures, out, train, plantAmong, select, say }: WalkOptions): Promise<WalkResult> {
  const seconds: Record<string, number> = {};
  const timed = async <T>(part: string, work: () => Promise<T>): Promise<T> => {
    const start = performance.now();
    const result = await work();
    seconds[part] = (performance.now() - start) / 1000;
    say(`${part}: ${seconds[part]!.toFixed(1)} s`);
    return result;
  };
  await mkdir(out, { recursive: true });
  const run = await openRun(typeof train === 'string' ? train : (await timed('train', () => pretrainRun(train, { root: out }))).path);

  // what comes without training: the same network with its first weights
  const dataset = await imageFolder({ root: pictures, channels: 3 });
  const { encoder, input } = await loadRun(run, dataset);
  disposeNetwork(encoder);
  const untrained = await timed('embed by random weights', () => embedFresh(run.settings, input, dataset));
  const embeddings = await timed('embed', () => embedPictures(run.path, pictures, join(out, 'photos.safetensors')));
  const { init } = run.settings;
  const started = init === undefined ? undefined : await timed('embed by the weights it started from', () => embedPictures(init, pictures, join(out, 'started.safetensors')));
  const quality = await timed('measure', async () => ({
    'random weights': await qualityOf(untrained),
    ...(started && { 'weights it started from': await qualityOf(started.features) }),
    trained: await qualityOf(embeddings.features),
  }));

  const hidden = join(out, 'planted');
  await rm(hidden, { recursive: true, force: true });
  const planted = await timed('planted duplicates', async () => {
    const step = Math.max(1, Math.floor(embeddings.names.length / plantAmong));
    const pairs = await plant(pictures, embeddings.names.filter((_, i) => i % step === 0).slice(0, plantAmong), hidden);
    const among = await embedPictures(run.path, hidden, join(out, 'planted.safetensors'));
    return findPlanted(among.features, among.names, pairs, [0.9, 0.95, 0.97, 0.98, 0.99, 0.995]);
  });

  await timed('curate', async () => {
    const found = {
      duplicates: await findDuplicates(embeddings, { threshold: 0.99 }),
      clusters: await findClusters(embeddings, { count: Math.min(20, embeddings.names.length), seed: 1 }),
      outliers: await findOutliers(embeddings, { k: Math.min(20, embeddings.names.length - 1), by: 'local', count: 200 }),
      select: await selectImages(embeddings, { count: select, by: 'diverse', seed: 1 }),
    };
    for (const [name, curation] of Object.entries(found)) {
      say(`  ${curation.summary}`);
      await writeCuration(curation, embeddings, { out: join(out, `${name}.csv`), page: join(out, `${name}.html`), folder: embeddings.folder });
    }
  });
  const page = join(out, 'page');
  await timed('page', () => writeBrowse(embeddings, { out: page, title: 'photos', whole: false }));
  return { quality, planted, page, seconds };
}

async function embedFresh(settings: PretrainSettings, input: EncoderInput, dataset: Awaited<ReturnType<typeof imageFolder>>): Promise<Features> {
  const encoder = freshEncoder(settings, input);
  try {
    return await embed(encoder, dataset, { batchSize: 250, toInput: imageInput(input) });
  } finally {
    disposeNetwork(encoder);
  }
}

/** What a run's encoder makes of a folder, as the file that `kindred embed` writes. */
async function embedPictures(run: string, folder: string, out: string): Promise<Embeddings> {
  const encoder = await loadEncoder(run);
  await embedImages(encoder, await openNamedImages(folder, { channels: encoder.input.channels }), { out, batchSize: 250 });
  return openEmbeddings(out);
}
