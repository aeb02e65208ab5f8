/** Where samples come from. */

/**
 * Samples addressed by number: images, rows of a table, sequences.
 *
 * @typeParam Batch What `read` returns for several samples at once; `Views` turn it into tensors.
 */
export interface Dataset<Batch = unknown> {
  /** Short and stable, for run folders and tables: `fashion-mnist/train`. */
  readonly name: string;
  /** The number of samples. */
  readonly size: number;
  /** The class of every sample, −1 if unknown; absent if no sample has one. */
  readonly labels?: Int32Array;
  /** The names of the classes, by number. */
  readonly classes?: readonly string[];
  /**
   * Identifies this data: a digest of the names and sizes of its files, or of its values. The same on every machine and
   * in every folder; it changes as soon as a sample is added, removed or replaced by one of another size.
   */
  readonly fingerprint: string;
  /**
   * The samples with these numbers, in this order. The result is the caller's to change.
   * @throws DataError for a sample that cannot be read.
   */
  read(indices: Int32Array): Promise<Batch>;
}

/** One image as bytes of 0..255, row-major. */
export interface ImagePixels {
  readonly pixels: Uint8Array;
  readonly shape: readonly [height: number, width: number, channels: number];
}

/** Images of one size, one after the other: bytes of 0..255, row-major. */
export interface UniformImages {
  readonly pixels: Uint8Array;
  readonly shape: readonly [count: number, height: number, width: number, channels: number];
}

/** Images that may differ in size. */
export interface MixedImages {
  readonly images: readonly ImagePixels[];
}

/** Images as a dataset reads them. `imagesOf` lists either kind one by one. */
export type ImageBatch = UniformImages | MixedImages;

/** A dataset of images. */
export interface ImageDataset<Batch extends ImageBatch = ImageBatch> extends Dataset<Batch> {
  /** 1 for grey, 3 for colour. */
  readonly channels: number;
  /** `[H, W, C]` of every image; absent if images differ in size. */
  readonly imageShape?: readonly [height: number, width: number, channels: number];
  /** If each image is a file: the folder that holds them all, and the path of each within it. */
  readonly files?: { readonly folder: string; readonly names: readonly string[] };
}

/** A dataset whose images all have one size. */
export interface UniformImageDataset extends ImageDataset<UniformImages> {
  readonly imageShape: readonly [height: number, width: number, channels: number];
}
