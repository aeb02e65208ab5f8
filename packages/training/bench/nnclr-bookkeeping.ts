/** What NNCLR adds to a step: look-ups, enqueue, diagnostics, what was chosen; as a share of a whole ResNet-18 step. */
import { predictionHead, projectionHead, resnet } from '@kindred/backbones';
import { flattenParameters, random, type StepOutputs } from '@kindred/core';
import { infoNCE } from '@kindred/losses';
import { composeMethod, otherView, throughNeighbors } from '@kindred/methods';
import { sgd } from '@kindred/optimizers';
import { supportSet } from '@kindred/support-set';
import * as tf from '@tensorflow/tfjs-core';
import { trainStep } from '../src/index.js';

/** The paper's largest support set and heads; a batch and an encoder as for CIFAR-10. */
const [capacity, dimension, batch] = [98_304, 256, 256];
const rounds = 3;
/** Bookkeeping is measured so often a round, next to the step that it is compared with. */
const repeats = 9;

/** Time on the clock, and of all threads together: on a machine that others use the second is the steadier. */
interface Cost {
  readonly clock: number;
  readonly processor: number;
}

/** Runs on the backend that is current. Takes a minute or two on two cores, and 6 GB. */
export async function run(): Promise<{ name: string; value: number; unit: string }[]> {
  const stream = random(1);
  const encoder = resnet({ depth: 18, stem: 'cifar', channels: 3, random: stream });
  const projector = projectionHead({ input: 512, layers: [2048, 2048, dimension], batchNorm: 'all', random: stream.fork('projector') });
  const predictor = predictionHead({ input: dimension, hidden: 4096, output: dimension, random: stream.fork('predictor') });
  const support = supportSet({ capacity, dimension, initial: 'random', random: stream.fork('support') });
  const strategy = throughNeighbors(otherView({ positives: 'predictions', directions: 'both' }), support);
  const method = composeMethod({ name: 'nnclr', encoder, projector, predictor, strategy, loss: infoNCE({ temperature: 0.1 }) });
  const optimizer = sgd({ parameters: flattenParameters(method.parameters()), momentum: 0.9, weightDecay: 1e-4, exclude: () => false });
  const views = [1, 2].map((seed) => tf.randomUniform([batch, 32, 32, 3], 0, 1, 'float32', seed) as tf.Tensor4D);
  const rows = (seed: number): tf.Tensor2D => tf.randomNormal([batch, dimension], 0, 1, 'float32', seed) as tf.Tensor2D;
  const sampleIds = Int32Array.from({ length: batch }, (_, i) => i);
  const labels = sampleIds.map((id) => id % 10);
  const outputs: StepOutputs = { projections: [rows(1), rows(2)], predictions: [rows(3), rows(4)], step: 0, sampleIds, labels };

  const timed = (work: () => void): Cost => {
    const [start, used] = [performance.now(), process.cpuUsage()];
    work();
    const { user, system } = process.cpuUsage(used);
    return { clock: performance.now() - start, processor: (user + system) / 1000 };
  };
  const bookkeeping = (): void => {
    // the neighbours' values are read, so that a GPU has found them
    tf.tidy(() => strategy.select(outputs).forEach(({ anchors }) => tf.slice(anchors, [0, 0], [1, 1]).dataSync()));
    strategy.update(outputs);
    strategy.diagnostics!();
    strategy.chosen!();
  };
  const step = (): void => void trainStep({ method, optimizer, views, sampleIds, labels, learningRate: 0.01 });

  step();
  bookkeeping();
  const measured = Array.from({ length: rounds }, () => ({ step: timed(step), books: Array.from({ length: repeats }, () => timed(bookkeeping)) }));
  support.dispose();
  return (['clock', 'processor'] as const).flatMap((of) => {
    const steps = measured.map((round) => round.step[of]);
    const books = measured.map((round) => median(round.books.map((cost) => cost[of])));
    const shares = books.map((book, round) => (100 * book) / steps[round]!);
    const by = of === 'clock' ? '' : ', processor time';
    return [
      { name: `step of ${batch} images, ResNet-18${by}`, value: median(steps), unit: 'ms' },
      { name: `bookkeeping of ${batch} in ${capacity} x ${dimension}${by}`, value: median(books), unit: 'ms' },
      { name: `bookkeeping, share of the step${by}`, value: median(shares), unit: '%' },
      { name: `bookkeeping, share of the step${by}, most`, value: Math.max(...shares), unit: '%' },
    ];
  });
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;
