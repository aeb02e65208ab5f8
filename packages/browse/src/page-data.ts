/** `data.json`, which the page reads when it opens. */
import type { EncoderInput } from '@kindred/core';

/** Everything but the numbers, which are in files of their own. */
export interface PageData {
  readonly title: string;
  readonly created: string;
  readonly version: string;
  /** The name of each row's image. */
  readonly names: readonly string[];
  /** D of `embeddings.i8`, `[N, D]`. */
  readonly dimension: number;
  /** Thumbnails: `sheets/0.webp` and so on. */
  readonly sheets: { readonly tile: number; readonly columns: number; readonly perSheet: number };
  /** The class of each image as an index into `classes`, −1 for none; absent if there are no classes. */
  readonly labels?: readonly number[];
  readonly classes?: readonly string[];
  /** How the map was made, if there is a `map.f32` (`[N, 2]` in 0..1). */
  readonly map?: string;
  /** The input that the encoder expects, if there is a `model/model.json`. */
  readonly encoder?: EncoderInput;
  /** Whether the full images are available at `images/<row>`. */
  readonly images: boolean;
}
