/** A strategy of one's own, outside the packages: the positive is a mixture of the other view and its neighbour. */
import { imageViews, viewPipeline } from '@kindred/augmentations';
import { predictionHead, projectionHead, smallResNet } from '@kindred/backbones';
import { flattenParameters, type PositiveStrategy, random, wrapStrategy } from '@kindred/core';
import { subset } from '@kindred/datasets';
import { fashionMnist } from '@kindred/datasets/node';
import { infoNCE } from '@kindred/losses';
import { composeMethod, otherView } from '@kindred/methods';
import { sgd, warmupCosine } from '@kindred/optimizers';
import { type SupportSet, supportSet } from '@kindred/support-set';
import { useTensorFlow } from '@kindred/tensorflow';
import { pretrain } from '@kindred/training';
import * as tf from '@tensorflow/tfjs-core';

/** Anchors halfway between an embedding and its nearest neighbour. */
const halfway = (inner: PositiveStrategy<'embeddings'>, support: SupportSet): PositiveStrategy<'embeddings'> =>
  wrapStrategy(inner, {
    name: 'halfway',
    parts: { support }, // saved, checked and disposed with the strategy
    select: (pairs) => pairs.map((pair) => ({ ...pair, anchors: tf.add(pair.anchors, support.nearest(pair.anchors)) })),
    update: ({ projections, sampleIds }) => support.enqueue(projections[0]!, sampleIds),
  });

await useTensorFlow({ quiet: true });
const stream = random(1);
const encoder = smallResNet({ stem: { channels: 16, kernel: 3, stride: 2 }, widths: [16, 32], blocks: [1, 1], channels: 1, random: stream });
const projector = projectionHead({ input: encoder.dimension, layers: [64, 32], batchNorm: 'all', random: stream.fork('projector') });
const predictor = predictionHead({ input: 32, hidden: 64, output: 32, random: stream.fork('predictor') });
const support = supportSet({ capacity: 1024, dimension: 32, initial: 'random', random: stream.fork('support') });
const strategy = halfway(otherView({ positives: 'predictions', directions: 'both' }), support);
const method = composeMethod({ name: 'halfway', encoder, projector, predictor, strategy, loss: infoNCE({ temperature: 0.2 }) });

const dataset = subset(await fashionMnist({ split: 'train' }), Int32Array.from({ length: 2000 }, (_, i) => 30 * i));
const crop = { area: [0.4, 1], aspect: [0.75, 1.33], interpolation: 'bilinear', sampler: 'torchvision' } as const;
const view = viewPipeline({ crop, flip: { probability: 0.5 } }, { output: [28, 28], channels: 1 });
const optimizer = sgd({ parameters: flattenParameters(method.parameters()), momentum: 0.9, weightDecay: 1e-4, exclude: () => false });
const schedule = warmupCosine({ peak: 0.1, warmupSteps: 10, totalSteps: 40 });
const onStep = ({ step, loss }: { step: number; loss: number }): void => void (step % 10 === 0 && console.log(`step ${step}: loss ${loss.toFixed(3)}`));
await pretrain({ method, dataset, views: imageViews([view, view]), optimizer, schedule, batchSize: 100, epochs: 2, seed: 1, onStep });
