import { type ImageDataset, imagesOf } from '@kindred/core';

/** The pixels of images, one after the other. */
export async function pixelsOf(dataset: ImageDataset, ids: Int32Array): Promise<Uint8Array> {
  return Uint8Array.from(imagesOf(await dataset.read(ids)).flatMap(({ pixels }) => [...pixels]));
}
