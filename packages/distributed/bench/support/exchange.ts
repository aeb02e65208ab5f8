/**
 * Measures what an exchange costs on this machine, as input for `estimate-scaling.ts`. Run it on several ranks:
 *
 *   mpirun -n 2 --bind-to none node --conditions=@kindred/source --import tsx packages/distributed/bench/support/exchange.ts <file> [millions of floats]
 *
 * Writes medians in seconds as JSON.
 */
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { valuesOf } from '@kindred/core';
import { openMpi } from '@kindred/distributed/node';
import { useTensorFlow } from '@kindred/tensorflow';
import * as tf from '@tensorflow/tfjs-core';

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

async function main(): Promise<void> {
  const floats = Math.round(Number(process.argv[3] ?? 25.6) * 1e6);
  const mpi = await openMpi({ verifyCalls: 0 });
  await useTensorFlow({ quiet: true });
  const timed = (rounds: number, run: () => void): number => {
    const seconds: number[] = [];
    for (let round = -2; round < rounds; round++) {
      mpi.barrier();
      const started = performance.now();
      run();
      if (round >= 0) seconds.push((performance.now() - started) / 1000);
    }
    return median(seconds);
  };
  // as many tensors as a ResNet-50 has parameter tensors
  const gradients = Array.from({ length: 161 }, () => tf.ones([Math.round(floats / 161)]));
  const flat = (): Float32Array => valuesOf(() => tf.concat(gradients));
  const values = flat();
  const small = new Float32Array(512);
  const result = {
    ranks: mpi.size,
    library: mpi.library,
    floats: values.length,
    toHost: timed(5, () => void flat()),
    fromHost: timed(5, () => tf.tidy(() => void tf.split(tf.tensor1d(values), gradients.map(({ size }) => size)).at(-1)!.dataSync())),
    allReduce: timed(5, () => void mpi.allReduce(values, 'sum', true)),
    smallAllReduce: timed(200, () => void mpi.allReduce(small)),
    smallAllGather: timed(200, () => void mpi.allGather(small)),
  };
  if (mpi.rank === 0) writeFileSync(process.argv[2]!, JSON.stringify(result, null, 2));
  await mpi.finalize();
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
