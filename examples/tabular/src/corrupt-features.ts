/** SCARF's views: a row as it is, and the row with some of its features replaced. */
import { random, type Views } from '@kindred/core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { type Rows, type Table, toTensor } from './table.js';

/**
 * In the second view `share` of the features are replaced by those of other rows, each feature by that of a row of its own, so that
 * every value is one that the feature has in the table.
 *
 * @see Bahri et al. 2022, "SCARF: Self-Supervised Contrastive Learning using Random Feature Corruption", algorithm 1
 */
export async function corruptFeatures(train: Table, { share }: { readonly share: number }): Promise<Views<Rows, Tensor2D>> {
  const { features, size, width } = train;
  const all = await train.read(Int32Array.from({ length: size }, (_, i) => i));
  const count = Math.round(share * features.length);
  return {
    count: 2,
    make(batch, { seed, epoch, sampleIds }) {
      const corrupted = batch.values.slice();
      sampleIds.forEach((id, row) => {
        const draws = random(seed).fork('view', epoch, id);
        for (const feature of draws.permutation(features.length).subarray(0, count)) {
          const { start, width: columns } = features[feature]!;
          const from = draws.integer(size) * width + start;
          corrupted.set(all.values.subarray(from, from + columns), row * width + start);
        }
      });
      return [toTensor(batch), toTensor({ values: corrupted, width })];
    },
  };
}
