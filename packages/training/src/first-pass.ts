/** The pass over the dataset without training, for methods that need one before their first step. */
import { dispose, type Tensor, tidy } from '@tensorflow/tfjs-core';
import { batchesOfRank, ranksOf, stopping } from './batches-of-rank.js';
import { pause } from './pause.js';
import type { PretrainOptions } from './pretrain-options.js';
import { embeddingsOf, rowsOf } from './step/chunks.js';
import { exchange } from './step/exchange.js';
import { movingStatistics } from './step/moving-statistics.js';

/**
 * Shows the method the batches and views of the first epoch, if it asks for them. The networks run in train mode, as in
 * the authors' code of DeepCluster v2: batch norm's moving statistics follow, once a batch; weights stay.
 *
 * @returns False if a signal ended it; then nothing was finished, and the next run begins anew.
 */
export async function firstPass<Batch, Input extends Tensor>(options: PretrainOptions<Batch, Input>): Promise<boolean> {
  const { method, seed, views } = options;
  const communicator = ranksOf(options);
  const pass = method.firstPass?.();
  if (pass === undefined) return true;
  for await (const { samples, sampleIds, labels } of batchesOfRank(options, 0)) {
    if (stopping(options)) return false;
    const chunkSize = options.chunkSize ?? sampleIds.length;
    const seen = views.make(samples, { seed, epoch: 0, sampleIds });
    const statistics = movingStatistics(method);
    try {
      for (let chunk = 0; chunk < sampleIds.length / chunkSize; chunk++) {
        const part = (list: Int32Array): Int32Array => list.slice(chunk * chunkSize, (chunk + 1) * chunkSize);
        const own = { communicator, step: 0, sampleIds: part(sampleIds), ...(labels && { labels: part(labels) }) };
        statistics.during(true, () =>
          tidy(() => {
            const some = rowsOf(seen, chunk, chunkSize);
            const targets = method.targets?.(some);
            pass.observe(exchange(own, embeddingsOf(method.forward(some, 'train'), targets)));
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
  pass.finish();
  return true;
}
