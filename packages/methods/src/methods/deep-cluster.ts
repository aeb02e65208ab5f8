/** DeepCluster v2: a sample's views pick the cluster that k-means put the sample in. */
import type { Encoder, Head } from '@kindred/core';
import { crossEntropy } from '@kindred/losses';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { composeMethod, type Method, type MethodParts } from '../method.js';
import { clusterMemory, type ClusterMemoryOptions } from '../strategies/cluster-memory.js';

/** DeepCluster v2's parts and numbers; those of the clusters are `clusterMemory`'s options. */
export interface DeepClusterV2Options<Input extends Tensor = Tensor4D> extends Omit<ClusterMemoryOptions, 'dimension'> {
  readonly encoder: Encoder<Input>;
  readonly projector: Head;
  /** τ > 0. The authors: 0.1. */
  readonly temperature: number;
  /** Default: joint, as the authors do; views of several sizes run through the encoder one size after the other. */
  readonly forward?: MethodParts['forward'];
}

/**
 * DeepCluster v2 as a composition: the mean over heads and views of the cross-entropy.
 *
 * @example
 * const encoder = smallResNet({ stem: { channels: 4, kernel: 3, stride: 2 }, widths: [8], blocks: [1], channels: 1, random: random(1) });
 * const projector = projectionHead({ input: 8, layers: [8, 4], batchNorm: 'hidden', random: random(2) });
 * const numbers = { samples: 60_000, clusters: [100, 100, 100], iterations: 10, everySteps: 234, temperature: 0.1 };
 * deepClusterV2({ encoder, projector, ...numbers, random: random(3) }).views; // => 2
 *
 * @see Caron et al. 2020, "Unsupervised Learning of Visual Features by Contrasting Cluster Assignments", section 3 (DeepCluster-v2)
 */
export function deepClusterV2<Input extends Tensor = Tensor4D>({ encoder, projector, temperature, forward = 'joint', ...options }: DeepClusterV2Options<Input>): Method<Input> {
  return composeMethod({
    name: 'deepcluster-v2',
    encoder,
    projector,
    strategy: clusterMemory({ ...options, dimension: projector.dimension }),
    loss: crossEntropy({ temperature }),
    forward,
  });
}
