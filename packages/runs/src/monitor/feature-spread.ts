/** How far features are from one point, one line, one cap of the sphere: measured on some rows, as all pairs are compared. */
import { countRows, type Features, participationRatio, perDimensionDeviation, selectFeatures, uniformity } from '@kindred/evaluation';
import { mean, tensor2d, tidy } from '@tensorflow/tfjs-core';

/** At most `count` rows, spread evenly over all: in an image folder adjacent rows have the same class. */
export function someRows(features: Features, count: number): Features {
  const all = countRows(features);
  return count >= all ? features : selectFeatures(features, Array.from({ length: count }, (_, i) => Math.floor((i * all) / count)));
}

/** Three measures of `[N, D]` features, N of 2 or more: see those of `@kindred/evaluation`. Needs N² numbers. */
export function featureSpread(features: Features): { readonly participationRatio: number; readonly perDimensionDeviation: number; readonly uniformity: number } {
  return tidy(() => {
    const embeddings = tensor2d(features.values, [countRows(features), features.dimension]);
    return {
      participationRatio: participationRatio(embeddings).arraySync(),
      perDimensionDeviation: mean(perDimensionDeviation(embeddings)).arraySync() as number,
      uniformity: uniformity(embeddings).arraySync(),
    };
  });
}
