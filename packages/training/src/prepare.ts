/** The pass over the dataset without training, for methods that need one before their first step. */
import { batches } from '@kindred/datasets';
import { dispose, tidy } from '@tensorflow/tfjs-core';
import { batchViews, pause } from './batch-views.js';
import { movingStatistics, rowsOf } from './chunks.js';
import type { PretrainOptions } from './pretrain.js';

/**
 * Shows the method the batches and views of the first epoch, where it asks for them. The networks run in train mode, as in
 * the authors' code of DeepCluster v2: batch norm's moving statistics follow, once a batch, weights stay.
 *
 * @returns False where `signal` ended it; then nothing was finished, and the next run begins anew.
 */
export async function prepareMethod(options: PretrainOptions): Promise<boolean> {
  const { method, dataset, batchSize, chunkSize = batchSize, seed, signal } = options;
  const preparation = method.firstPass?.();
  if (preparation === undefined) return true;
  for await (const batch of batches(dataset, { batchSize, seed, epoch: 0, dropLast: true, order: 'shuffled' })) {
    if (signal?.aborted === true) return false;
    const { sampleIds, labels } = batch;
    const seen = batchViews(options, 0, batch);
    const statistics = movingStatistics(method);
    try {
      for (let chunk = 0; chunk < batchSize / chunkSize; chunk++) {
        const part = (list: Int32Array): Int32Array => list.slice(chunk * chunkSize, (chunk + 1) * chunkSize);
        statistics.during(true, () =>
          tidy(() => {
            const some = rowsOf(seen, chunk, chunkSize);
            const targets = method.targets?.(some);
            preparation.observe({
              ...method.forward(some, 'train'),
              step: 0,
              sampleIds: part(sampleIds),
              ...(targets && { targets }),
              ...(labels && { labels: part(labels) }),
            });
          }),
        );
      }
      statistics.settle();
    } finally {
      statistics.end();
      dispose(seen);
    }
    await pause();
  }
  preparation.finish();
  return true;
}
