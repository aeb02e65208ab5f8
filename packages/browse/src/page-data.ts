/** What the page reads when it opens: `data.json`. */
import type { EncoderInput } from '@kindred/core';

/** All but the numbers, which are files of their own. */
export interface PageData {
  readonly title: string;
  readonly created: string;
  readonly version: string;
  /** Names of the images, one for each row. */
  readonly names: readonly string[];
  /** D of `embeddings.i8`, `[N, D]`. */
  readonly dimension: number;
  /** Thumbnails: `sheets/0.webp` and further ones. */
  readonly sheets: { readonly tile: number; readonly columns: number; readonly perSheet: number };
  /** The class of each image as a number of `classes`, −1 if it has none; absent without classes. */
  readonly labels?: readonly number[];
  readonly classes?: readonly string[];
  /** Whether there is `map.f32`, `[N, 2]` in 0..1, and how it was made. */
  readonly map?: string;
  /** What the encoder expects, if there is `model/model.json`. */
  readonly encoder?: EncoderInput;
  /** Whether whole images are at `images/<row>`. */
  readonly images: boolean;
}
