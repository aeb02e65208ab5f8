/** Embeddings and the names of their images. */
import type { Features } from '@kindred/evaluation';

/** A row of numbers and a name for every image. */
export interface NamedFeatures {
  /** `[N, D]` */
  readonly features: Features;
  /** The name of each, usually the path of its file within a folder; N of them, no two alike. */
  readonly names: readonly string[];
}
