/**
 * Estimates how a ResNet-50 would scale at a batch of 4,096 images, since no such cluster was at hand. Compute and copy speeds were measured on
 * one machine; network speeds are assumed. Prints the table in docs/distributed.md:
 *
 *   node --conditions=@kindred/source --import tsx packages/distributed/bench/support/estimate-scaling.ts [GFLOP/s of a node]
 */
import { pathToFileURL } from 'node:url';

/** Measured on one machine. */
export interface Machine {
  /** Floating-point operations a second that a training step sustains on a node. */
  readonly flops: number;
  /** Seconds per float to go from the engine to the host and back: concatenation, copies, splitting. */
  readonly copySeconds: number;
  /** Seconds per float that a rank spends adding another rank's values in an all-reduce. */
  readonly reduceSeconds: number;
  /** Seconds per small collective call between two processes on one machine: the part not due to the network. */
  readonly callSeconds: number;
}

/** Assumptions about the network between nodes. */
export interface Network {
  /** Bytes a second that a node sends while receiving at the same rate. */
  readonly bandwidth: number;
  /** Latency of a small message, in seconds. */
  readonly latency: number;
}

/** The training job. */
export interface Job {
  /** Images in a step, over all nodes. */
  readonly batch: number;
  readonly views: number;
  /** Multiply-adds of one view's forward pass. */
  readonly multiplyAdds: number;
  readonly parameters: number;
  /** Channels of each batch normalisation layer. */
  readonly batchNorms: readonly number[];
  /** Length of an embedding. */
  readonly dimension: number;
}

/** Seconds per step, broken down. */
export interface StepSeconds {
  readonly compute: number;
  /** The loss of the whole batch, which every rank computes. */
  readonly loss: number;
  readonly copies: number;
  readonly gradients: number;
  readonly batchNorm: number;
  readonly embeddings: number;
  readonly total: number;
}

/** Seconds per step with one rank per node, if nothing overlaps and all nodes are equally fast. */
export function estimateStep(nodes: number, job: Job, machine: Machine, network: Network): StepSeconds {
  const { batch, views, dimension } = job;
  const rounds = Math.ceil(Math.log2(nodes)); // of a collective that doubles the distance in each round
  const small = rounds * network.latency + (nodes > 1 ? machine.callSeconds : 0);
  // reduce-scatter, then all-gather: each float crosses a node's link 2 (R − 1) / R times
  const share = (nodes - 1) / nodes;
  const allReduce = (floats: number): number =>
    nodes === 1 ? 0 : 2 * small + (2 * share * floats * 4) / network.bandwidth + share * floats * machine.reduceSeconds;
  const allGather = (floats: number): number => (nodes === 1 ? 0 : small + (share * nodes * floats * 4) / network.bandwidth);

  const rows = (batch * views) / nodes;
  const compute = (rows * 3 * 2 * job.multiplyAdds) / machine.flops; // the backward pass costs twice the forward pass
  const loss = (3 * 2 * (batch * views) ** 2 * dimension) / machine.flops;
  const floats = job.parameters;
  const copies = nodes === 1 ? 0 : floats * machine.copySeconds;
  const batchNorm = job.batchNorms.reduce((sum, channels) => sum + views * (allGather(2 * channels) + allReduce(2 * channels)), 0);
  const parts = { compute, loss, copies, gradients: allReduce(floats), batchNorm, embeddings: allGather(rows * dimension) };
  return { ...parts, total: Object.values(parts).reduce((a, b) => a + b) };
}

/** The batch normalisation layers of a ResNet-50 and of SimCLR's head. */
const resnet50Norms = [64, ...[64, 128, 256, 512].flatMap((width, stage) => [4 * width, ...Array.from({ length: [3, 4, 6, 3][stage]! }, () => [width, width, 4 * width]).flat()]), 2048, 128];

export const resnet50: Job = { batch: 4096, views: 2, multiplyAdds: 4.09e9, parameters: 23.5e6 + 2048 * 2048 + 2048 * 128, batchNorms: resnet50Norms, dimension: 128 };

/** From `exchange.ts` and `npm run bench`, on the machine described in docs/distributed.md. */
export const measured: Machine = { flops: 197e9, copySeconds: 1.03e-8, reduceSeconds: 8.6e-9, callSeconds: 1.4e-5 };

export const networks: Readonly<Record<string, Network>> = {
  '25 Gbit/s': { bandwidth: 25e9 / 8, latency: 3e-5 },
  '200 Gbit/s': { bandwidth: 200e9 / 8, latency: 5e-6 },
};

function main(): void {
  const machine = { ...measured, flops: Number(process.argv[2] ?? measured.flops / 1e9) * 1e9 };
  console.log(`a node of ${(machine.flops / 1e9).toFixed(0)} GFLOP/s\n`);
  console.log('| nodes | network | step, s | images/s | of perfect | gradients and copies, s | batch norm, s | loss, s |\n| --- | --- | --- | --- | --- | --- | --- | --- |');
  const alone = estimateStep(1, resnet50, machine, networks['25 Gbit/s']!).total;
  for (const nodes of [8, 64, 512]) {
    for (const [name, network] of Object.entries(networks)) {
      const step = estimateStep(nodes, resnet50, machine, network);
      const cells = [nodes, name, step.total.toPrecision(3), (resnet50.batch / step.total).toPrecision(3), `${((100 * alone) / nodes / step.total).toFixed(0)} %`];
      console.log(`| ${[...cells, (step.gradients + step.copies).toPrecision(2), step.batchNorm.toPrecision(2), step.loss.toPrecision(2)].join(' | ')} |`);
    }
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) main();
