/** Settings of an evaluation: which probes, on which shares of the labels. */
import * as z from 'zod';

/** What `kindred evaluate` measures with. Written into `evaluation.json` beside the figures. */
export const EvaluationSettings = z.strictObject({
  fractions: z.array(z.number().gt(0).max(1)).min(1).default([1, 0.01]).describe('Shares of the training labels, class-balanced.'),
  k: z.int().positive().default(20).describe('Neighbours that vote.'),
  temperature: z.number().positive().default(0.1).describe('Weights of the votes: exp(cosine / temperature).'),
  regularization: z
    .array(z.number().positive())
    .min(1)
    .default([3, 10, 30, 100, 300, 1000])
    .describe("λ of the linear probe (scikit-learn's 1/C): candidates, one chosen on a held-out part of the training labels."),
  draws: z.int().positive().default(3).describe('Draws of a share of the labels below 1 that are averaged.'),
  seed: z.int().min(0).default(1).describe('Decides which labels a share holds (seed, seed + 1, ... for several draws), and the held-out part.'),
});

export type EvaluationSettings = z.output<typeof EvaluationSettings>;
