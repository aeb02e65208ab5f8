/** Pairs whose anchors and positives only change places are one to a symmetric loss. */
import type { PositivePairs } from '@kindred/core';

/** The pairs, with each pair and its mirror image as one of both weights. What carries negatives or further views stays as it is. */
export function withoutMirrored(pairs: readonly PositivePairs[]): readonly PositivePairs[] {
  const kept: PositivePairs[] = [];
  for (const pair of pairs) {
    const at = kept.findIndex((other) => mirrored(other, pair));
    if (at < 0) kept.push(pair);
    else kept[at] = { ...kept[at]!, weight: kept[at]!.weight + pair.weight };
  }
  return kept;
}

/** Compared by identity: strategies pair the tensors that the networks made. */
const mirrored = (one: PositivePairs, other: PositivePairs): boolean =>
  one.anchors === other.positives && one.positives === other.anchors && one.labels === other.labels && alone(one) && alone(other);

const alone = ({ negatives, ownNegatives, furtherViews }: PositivePairs): boolean =>
  negatives === undefined && ownNegatives === undefined && furtherViews === undefined;
