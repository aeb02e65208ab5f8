/** Where images come from. */

/** Images of one size, addressed by number. */
export interface ImageDataset {
  /** Short and stable, for run folders and tables: `fashion-mnist/train`. */
  readonly name: string;
  /** How many images there are. */
  readonly size: number;
  /** `[H, W, C]` of every image. */
  readonly imageShape: readonly [height: number, width: number, channels: number];
  /** The class of every image, −1 where unknown; absent where no image has one. */
  readonly labels?: Int32Array;
  /** Names of the classes, by their number. */
  readonly classes?: readonly string[];
  /**
   * The images of these numbers, as bytes `[N, H, W, C]`, row-major, in 0..255.
   * @throws DataError for an image that cannot be read.
   */
  read(indices: Int32Array): Promise<Uint8Array>;
}
