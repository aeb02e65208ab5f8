/**
 * Times a training step of SimCLR with a CIFAR ResNet-18 on random 32×32 images. Each rank trains on the rows of all ranks and on its own rows alone, in turn.
 * Arguments: the JSON file to write, views per rank, rounds.
 */
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { projectionHead, resnet } from '@kindred/backbones';
import { type Communicator, flattenParameters, oneRank, random, type Values } from '@kindred/core';
import { normalizeAcross } from '@kindred/distributed';
import { openMpi } from '@kindred/distributed/node';
import { simclr } from '@kindred/methods';
import { sgd } from '@kindred/optimizers';
import { useTensorFlow } from '@kindred/tensorflow';
import { trainStep } from '@kindred/training';
import * as tf from '@tensorflow/tfjs-core';

/** Seconds, one entry per round. */
export interface StepSeconds {
  /** With the other ranks. */
  readonly together: readonly number[];
  /** Each rank by itself, at the same time as the others; the mean over the ranks. */
  readonly alone: readonly number[];
  /** The part of `together` spent inside MPI exchanging gradients, including the wait for slower ranks. */
  readonly gradients: readonly number[];
  /** The same for all other messages: batch norm statistics and embeddings. */
  readonly small: readonly number[];
}

interface Seconds {
  gradients: number;
  small: number;
}

/** A communicator that counts the seconds spent inside its calls. */
function timed(communicator: Communicator): { communicator: Communicator; taken: () => Seconds } {
  let seconds: Seconds = { gradients: 0, small: 0 };
  const count = <Given extends readonly [Values, ...unknown[]], Result>(call: (...given: Given) => Result) => (...given: Given): Result => {
    const started = performance.now();
    try {
      return call(...given);
    } finally {
      seconds[given[0].length > 1e6 ? 'gradients' : 'small'] += (performance.now() - started) / 1000;
    }
  };
  /** The seconds since the last call of this function. */
  const taken = (): Seconds => {
    const result = seconds;
    seconds = { gradients: 0, small: 0 };
    return result;
  };
  const { allReduce, allGather } = communicator;
  return { communicator: { ...communicator, allReduce: count(allReduce as never), allGather: count(allGather as never) }, taken };
}

/** Returns a function that runs one step over these ranks and returns its seconds. */
function stepper(communicator: Communicator, views: number): () => number {
  const normalize = communicator.size === 1 ? undefined : normalizeAcross(communicator);
  const stream = random(1);
  const encoder = resnet({ depth: 18, stem: 'cifar', channels: 3, normalize, random: stream });
  const projector = projectionHead({ input: 512, layers: [512, 128], batchNorm: 'hidden', normalize, random: stream.fork('head') });
  const method = simclr({ encoder, projector, temperature: 0.5 });
  const optimizer = sgd({ parameters: flattenParameters(method.parameters()), momentum: 0.9, weightDecay: 1e-4 });
  const images = [0, 1].map((view) => tf.randomUniform<tf.Rank.R4>([views / 2, 32, 32, 3], 0, 1, 'float32', 10 * communicator.rank + view));
  const sampleIds = Int32Array.from({ length: views / 2 }, (_, i) => i + (communicator.rank * views) / 2);
  return () => {
    const started = performance.now();
    trainStep({ method, optimizer, views: images, sampleIds, learningRate: 0.01, communicator });
    return (performance.now() - started) / 1000;
  };
}

async function main(): Promise<void> {
  const [file, views, rounds] = [process.argv[2]!, Number(process.argv[3]), Number(process.argv[4])];
  const mpi = await openMpi({ verifyCalls: 0 });
  await useTensorFlow({ quiet: true });
  const { communicator, taken } = timed(mpi);
  const [together, alone] = [stepper(communicator, views), stepper(oneRank(), views)];
  const result = { together: [] as number[], alone: [] as number[], gradients: [] as number[], small: [] as number[] };
  for (let round = -1; round < rounds; round++) {
    mpi.barrier();
    taken();
    const step = together();
    const { gradients, small } = taken();
    mpi.barrier();
    const own = mpi.allReduce(Float32Array.of(mpi.size === 1 ? step : alone()))[0]! / mpi.size;
    if (round < 0) continue; // the first round is slower
    result.together.push(step);
    result.gradients.push(gradients);
    result.small.push(small);
    result.alone.push(own);
  }
  if (mpi.rank === 0) writeFileSync(file, JSON.stringify(result satisfies StepSeconds));
  await mpi.finalize();
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
