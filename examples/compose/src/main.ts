/** NNBYOL from BYOL in one changed line: the strategy. `npm run -s example compose` prints a loss for each. */
import { predictionHead, projectionHead, smallResNet } from '@kindred/backbones';
import { type PositiveStrategy, random } from '@kindred/core';
import { negativeCosine } from '@kindred/losses';
import { composeMethod, type Method, momentumNetwork, otherView, throughNeighbors } from '@kindred/methods';
import { supportSet } from '@kindred/support-set';
import { useTensorFlow } from '@kindred/tensorflow';
import * as tf from '@tensorflow/tfjs-core';

await useTensorFlow({ quiet: true });
const stream = random(1);
const networks = (seed: string) => {
  const encoder = smallResNet({ stem: { channels: 16, kernel: 3, stride: 2 }, widths: [16, 32], blocks: [1, 1], channels: 1, random: stream.fork(seed) });
  return { encoder, projector: projectionHead({ input: encoder.dimension, layers: [64, 32], batchNorm: 'hidden', random: stream.fork(seed, 'head') }) };
};
const predictor = predictionHead({ input: 32, hidden: 64, output: 32, random: stream.fork('predictor') });
const support = supportSet({ capacity: 1024, dimension: 32, initial: 'random', random: stream.fork('support') });

const make = (name: string, strategy: PositiveStrategy<'embeddings'>): Method => {
  const online = networks('online');
  const momentum = momentumNetwork({ online, target: networks('target'), decay: () => 0.99 });
  return composeMethod({ name, ...online, predictor, momentum, strategy, loss: negativeCosine() });
};

const base = otherView({ anchors: 'predictions', positives: 'targets', directions: 'both' });
const byol = make('byol', base);
const nnbyol = make('nnbyol', throughNeighbors(base, support, { replace: 'positives', enqueue: 'targets' }));

const views = [tf.randomUniform([8, 28, 28, 1], 0, 1, 'float32', 1), tf.randomUniform([8, 28, 28, 1], 0, 1, 'float32', 2)] as tf.Tensor4D[];
const sampleIds = Int32Array.from({ length: 8 }, (_, i) => i);
for (const method of [byol, nnbyol]) {
  const loss = tf.tidy(() => method.loss({ ...method.forward(views, 'train'), targets: method.targets!(views), sampleIds, step: 0 }).arraySync());
  console.log(`${method.name}: ${loss.toFixed(4)}`);
}
