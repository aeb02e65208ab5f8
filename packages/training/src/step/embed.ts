/** First phase: runs the networks on the views. */
import { type Tensor, tidy } from '@tensorflow/tfjs-core';
import { type Embeddings, embeddingsOf, rowsOf } from './chunks.js';
import type { StepWork } from './work.js';

/** This rank's rows of a chunk, of each view. */
export const viewsOf = <Input extends Tensor>({ views, chunks, chunkSize }: StepWork<Input>, chunk: number): readonly Input[] =>
  chunks === 1 ? views : rowsOf(views, chunk, chunkSize);

/** Embeddings of a chunk, without a tape. */
export const embed = <Input extends Tensor>(work: StepWork<Input>, chunk: number): Embeddings =>
  tidy(() => {
    const { method } = work;
    const views = viewsOf(work, chunk);
    const targets = method.targets?.(views);
    return embeddingsOf(method.forward(views, 'train'), targets);
  });
