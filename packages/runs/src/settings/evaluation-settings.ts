/** Settings of an evaluation: which probes, on which shares of the labels, and how each is done. */
import { fineTuneProtocols, probeProtocols } from '@kindred/evaluation';
import * as z from 'zod';
import { probeNames } from './probe-names.js';

const namesOf = <Row extends string>(rows: Readonly<Record<Row, unknown>>): [Row, ...Row[]] => Object.keys(rows) as [Row, ...Row[]];
const whole = z.int().positive();
const share = z.number().gt(0).max(1);
const heldOut = z.number().min(0).lt(1).describe('Share of the labelled training images that chooses the epoch; 0: only the last epoch is told.');
const changed = {
  epochs: whole.optional().describe("Instead of the protocol's."),
  batchSize: whole.optional().describe("Instead of the protocol's; learning rates are proportional to it."),
};
const rate = z.number().positive();

/** How a linear layer is trained on the frozen encoder, on new views each epoch. */
const SgdSettings = z.strictObject({
  protocol: z.enum(namesOf(probeProtocols)).default('small').describe('A protocol by its source: a paper, or our own for small images.'),
  ...changed,
  learningRate: z
    .union([rate, z.array(rate).min(1)])
    .optional()
    .describe("Of the linear layer, at 256 images a step, instead of the protocol's; several: one chosen on the images set aside."),
  heldOut: heldOut.default(0.1),
});

/** How the encoder is trained on a share of the labels. */
const FineTuneSettings = z.strictObject({
  fraction: share.describe('Share of the training labels, class-balanced.'),
  protocol: z.enum(namesOf(fineTuneProtocols)).describe('A protocol by its source: a paper, or our own for small images.'),
  ...changed,
  learningRate: rate.optional().describe("Of the linear layer, at 256 images a step; instead of the protocol's."),
  encoderLearningRate: rate.optional().describe("Of the encoder, at 256 images a step; instead of the protocol's."),
  batchNorm: z.enum(['train', 'eval']).optional().describe("Batch statistics, or those of pre-training unchanged; instead of the protocol's."),
  heldOut: heldOut.default(0.2),
});

/** What `kindred evaluate` measures with. Written into `evaluation.json` with the figures. */
export const EvaluationSettings = z.strictObject({
  probes: z.array(z.enum(probeNames)).min(1).default(['knn', 'linear']).describe('What is measured.'),
  fractions: z.array(share).min(1).default([1, 0.01]).describe('kNN, linear: shares of the training labels, class-balanced.'),
  k: whole.default(20).describe('kNN: neighbours that vote; all, where a share has fewer labels.'),
  temperature: z.number().positive().default(0.1).describe('kNN: weights of the votes: exp(cosine / temperature).'),
  regularization: z
    .array(z.number().positive())
    .min(1)
    .default([3, 10, 30, 100, 300, 1000])
    .describe("λ of the linear probe (scikit-learn's 1/C): candidates, one chosen on a held-out part of the training labels."),
  draws: whole.default(3).describe('kNN, linear: draws of a share of the labels below 1 that are averaged.'),
  seed: z.int().min(0).default(1).describe('Decides which labels a share holds (seed, seed + 1, ... for several draws), the held-out part, orders and views.'),
  sgd: SgdSettings.prefault({}),
  fineTune: z
    .array(FineTuneSettings)
    .min(1)
    .prefault([
      { fraction: 0.01, protocol: 'smallOnePercent' },
      { fraction: 0.1, protocol: 'smallTenPercent' },
    ])
    .describe('One entry a share of the labels.'),
  retrieval: z.strictObject({ recallAt: z.array(whole).min(1).default([1, 5, 10]).describe('Each K of recall@K.') }).prefault({}),
  clustering: z
    .strictObject({
      restarts: whole.default(3).describe('Starts of k-means, of which the best is kept.'),
      maximumIterations: whole.default(100),
    })
    .prefault({}),
  labelFree: z
    .strictObject({
      images: z.int().min(2).default(2000).describe('Test images; pairs of views are of as many training images.'),
      neighbors: whole.default(10).describe('Neighbours whose purity is told, where there are labels.'),
      bins: whole.default(40).describe('Bins of the histograms of similarities.'),
    })
    .prefault({}),
});

export type EvaluationSettings = z.output<typeof EvaluationSettings>;
export type ProbeName = (typeof probeNames)[number];
