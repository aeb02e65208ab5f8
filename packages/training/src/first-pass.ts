/** The pass over the dataset without training, for methods that need one before their first step. */
import { type Tensor, tidy } from '@tensorflow/tfjs-core';
import { ranksOf, stepsOfRank, stopping } from './steps-of-rank.js';
import { pause } from './pause.js';
import type { PretrainOptions } from './pretrain-options.js';
import { embeddingsOf, rowsOf } from './step/chunks.js';
import { exchange } from './step/exchange.js';
import { movingStatistics } from './step/moving-statistics.js';

/**
 * Shows the method the batches and views of the first epoch, if it asks for them. The networks run in train mode, as in
 * the authors' code of DeepCluster v2: batch norm's moving statistics follow, once a batch; weights stay.
 *
 * @returns False if a signal ended it; then nothing was finished, and the next run starts over.
 */
export async function firstPass<Batch, Input extends Tensor>(options: PretrainOptions<Batch, Input>): Promise<boolean> {
  const { method } = options;
  const communicator = ranksOf(options);
  const pass = method.firstPass?.();
  if (pass === undefined) return true;
  for await (const { views, sampleIds, labels } of stepsOfRank(options, 0, 1)) {
    if (stopping(options)) return false;
    const chunkSize = options.chunkSize ?? sampleIds.length;
    const statistics = movingStatistics(method);
    try {
      for (let chunk = 0; chunk < sampleIds.length / chunkSize; chunk++) {
        const part = (list: Int32Array): Int32Array => list.slice(chunk * chunkSize, (chunk + 1) * chunkSize);
        const own = { communicator, step: 0, sampleIds: part(sampleIds), ...(labels && { labels: part(labels) }) };
        statistics.during(true, () =>
          tidy(() => {
            const some = rowsOf(views, chunk, chunkSize);
            const targets = method.targets?.(some);
            pass.observe(exchange(own, embeddingsOf(method.forward(some, 'train'), targets)));
          }),
        );
      }
      statistics.settle();
    } finally {
      statistics.end();
    }
    await pause();
  }
  pass.finish();
  return true;
}
