/** What a run's encoder makes of a folder of images. */
import { disposeNetwork } from '@kindred/backbones';
import { imageFolder } from '@kindred/datasets/node';
import { countRows, embed, selectFeatures, type Watched } from '@kindred/evaluation';
import { relative } from 'node:path';
import { inputFor } from '../run/encoder-input.js';
import { loadRun, type OpenedRun } from '../run/load-run.js';
import type { Embeddings } from './embeddings-file.js';

export interface EmbedFolderOptions extends Watched {
  /** Any folder of images, with or without subfolders. */
  readonly folder: string;
  /** The share of files that may be broken, 0 up to below 1. Default: 0.1. */
  readonly maximumUnreadable?: number;
}

/** The embeddings of a folder, and what could not be read. */
export interface EmbeddedFolder {
  readonly embeddings: Embeddings;
  /** Files that have no row, and why. */
  readonly unreadable: readonly { readonly name: string; readonly reason: string }[];
}

/**
 * Embeds the images of a folder by the encoder of a run's newest checkpoint. A file that cannot be read as an image has no row and is
 * named. The engine must be up.
 *
 * @throws DataError for a folder without images, too many broken ones, or a folder that is not a run.
 *
 * @example
 * embedFolder instanceof Function; // => true
 */
export async function embedFolder(run: OpenedRun, { folder, maximumUnreadable = 0.1, ...watched }: EmbedFolderOptions): Promise<EmbeddedFolder> {
  const broken = new Map<string, string>();
  const dataset = await imageFolder({
    root: folder,
    channels: 3,
    maximumUnreadable,
    onUnreadable: ({ file, reason }) => void broken.set(file, reason),
  });
  const { folder: root, names } = dataset.files!;
  const { encoder, step, input } = await loadRun(run, dataset);
  try {
    const features = await embed(encoder, dataset, { batchSize: 250, ...inputFor(input, dataset), ...watched });
    const gone = new Map([...broken].map(([file, reason]) => [relative(root, file).replaceAll('\\', '/'), reason]));
    const kept = Array.from({ length: countRows(features) }, (_, row) => row).filter((row) => !gone.has(names[row]!));
    return {
      embeddings: {
        features: gone.size === 0 ? features : selectFeatures(features, kept),
        names: kept.map((row) => names[row]!),
        folder: root,
        ...(dataset.classes && { classes: dataset.classes }),
        run: { folder: run.path, step },
      },
      unreadable: [...gone].map(([name, reason]) => ({ name, reason })),
    };
  } finally {
    disposeNetwork(encoder);
  }
}
