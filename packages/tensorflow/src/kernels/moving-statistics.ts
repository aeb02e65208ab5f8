/** The moving statistics of a batch normalisation after another batch: one op for six, each of which takes longer to start than to compute. */
import { nativeKernel } from './native.js';

interface Attributes {
  /** The share of the new batch. */
  readonly momentum: number;
  /** What its variance is multiplied by. */
  readonly correction: number;
}

/** mean, variance, batchMean, batchVariance, all `[C]` → mean, variance. */
export const movingStatistics = nativeKernel<'mean' | 'variance' | 'batchMean' | 'batchVariance', Attributes>(
  'KindredMovingStatistics',
  ({ mean, variance, batchMean, batchVariance }, { momentum, correction }, { many, float }) =>
    many('KindredMovingStatistics', [float('momentum', momentum), float('correction', correction)], [mean, variance, batchMean, batchVariance], 2),
);
