/** Methods and batches small enough for many ranks on one core. */
import { predictionHead, projectionHead, smallResNet } from '@kindred/backbones';
import { type Normalize, random } from '@kindred/core';
import { byol, deepClusterV2, type Method, mocoV2, momentumNetwork, nnclr, simclr, swav } from '@kindred/methods';
import { supportSet } from '@kindred/support-set';
import * as tf from '@tensorflow/tfjs-core';

export const samples = 48;
export const rowsInBatch = 24;

/** A new method; networks and memories of a seed are the same wherever they are made. */
export function makeMethod(name: string, seed: number, normalize: Normalize | undefined): Method {
  const stream = random(seed);
  const encoder = () =>
    smallResNet({ stem: { channels: 4, kernel: 3, stride: 2 }, widths: [4, 8], blocks: [1, 1], channels: 1, normalize, random: stream });
  const projector = () => projectionHead({ input: 8, layers: [8, 4], batchNorm: 'all', normalize, random: stream.fork('p') });
  const predictor = predictionHead({ input: 4, hidden: 8, output: 4, normalize, random: stream.fork('q') });
  const memory = (stored: string) => supportSet({ capacity: 60, dimension: 4, initial: 'random', random: stream.fork(stored) });
  const online = { encoder: encoder(), projector: projector() };
  const momentum = () => momentumNetwork({ online, target: { encoder: encoder(), projector: projector() }, decay: () => 0.9 });
  switch (name) {
    case 'nnclr':
      return nnclr({ ...online, predictor, support: memory('support'), temperature: 0.2 });
    case 'simclr':
      return simclr({ ...online, temperature: 0.5 });
    case 'moco-v2':
      return mocoV2({ ...online, momentum: momentum(), queue: memory('queue'), temperature: 0.2 });
    case 'byol':
      return byol({ ...online, predictor, momentum: momentum() });
    case 'swav':
      return swav({ ...online, count: 6, epsilon: 0.5, iterations: 3, freezeSteps: 2, temperature: 0.5, random: stream.fork('prototypes') });
    case 'deepcluster-v2':
      return deepClusterV2({ ...online, samples, clusters: [4, 3], iterations: 3, everySteps: 4, temperature: 0.5, random: stream.fork('clusters') });
    default:
      throw new Error(`no method ${name}`);
  }
}

/** Two views of batch `at`: rows of a fixed dataset, each sample with noise of its own. */
export function batch(at: number): { views: tf.Tensor4D[]; sampleIds: Int32Array } {
  const sampleIds = Int32Array.from({ length: rowsInBatch }, (_, row) => ((at * rowsInBatch + row) * 5) % samples);
  const view = (v: number): tf.Tensor4D => {
    const values = [...sampleIds].flatMap((id) => {
      const [image, noise] = [random(9).fork('image', id), random(9).fork('view', at, v, id)];
      return Array.from({ length: 64 }, () => 0.7 * image.uniform(0, 1) + 0.3 * noise.uniform(0, 1));
    });
    return tf.tensor4d(values, [rowsInBatch, 8, 8, 1]);
  };
  return { views: [view(0), view(1)], sampleIds };
}
