/** A data set embedded by several ranks, each its part. */
import { disposeNetwork } from '@kindred/backbones';
import type { Communicator, ImageDataset } from '@kindred/core';
import { embed } from '@kindred/evaluation';
import { writeEmbeddings } from '@kindred/gallery/node';
import { inputFor } from '../run/encoder-input.js';
import type { LoadedEncoder } from './load-encoder.js';

/** Where to, and by whom. */
export interface EmbedAcrossRanksOptions {
  /** The file that rank 0 writes. */
  readonly out: string;
  /** Images per pass. */
  readonly batchSize: number;
  /** The ranks, all of which make this call. */
  readonly communicator: Communicator;
}

/** Embeds a data set; all is in memory, an image that cannot be read is an error, and sides are those that the encoder expects. The encoder is freed. */
export async function embedAcrossRanks({ encoder, input, source }: LoadedEncoder, dataset: ImageDataset, { out, batchSize, communicator }: EmbedAcrossRanksOptions): Promise<void> {
  try {
    const { values, dimension, labels } = await embed(encoder, dataset, { batchSize, communicator, ...inputFor(input, dataset) });
    if (communicator.rank !== 0) return;
    const [height, width] = dataset.imageShape ?? input.size;
    await writeEmbeddings(out, {
      source,
      dimension,
      values,
      ids: Array.from({ length: dataset.size }, (_, i) => `${dataset.name}/${i}`),
      heights: new Int32Array(dataset.size).fill(height),
      widths: new Int32Array(dataset.size).fill(width),
      ...(labels && { labels }),
      ...(dataset.classes && { classes: dataset.classes }),
      errors: [],
    });
  } finally {
    disposeNetwork(encoder);
  }
}
