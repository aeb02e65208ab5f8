/** Settings of an evaluation: which probes, on which shares of the labels. */
import * as z from 'zod';

/** What `kindred evaluate` measures with. Written into `evaluation.json` beside the figures. */
export const EvaluationSettings = z.strictObject({
  fractions: z.array(z.number().gt(0).max(1)).min(1).default([1, 0.01]).describe('Shares of the training labels, class-balanced.'),
  k: z.int().positive().default(20).describe('Neighbours that vote.'),
  temperature: z.number().positive().default(0.1).describe('Weights of the votes: exp(cosine / temperature).'),
  regularization: z
    .array(z.number().min(0))
    .min(1)
    .default([1e-5, 1e-4, 1e-3, 1e-2, 1e-1])
    .describe('Candidates of the linear probe, chosen on a held-out part of the training labels.'),
  seed: z.int().min(0).default(1).describe('Decides which labels a share holds, and the held-out part.'),
});

export type EvaluationSettings = z.output<typeof EvaluationSettings>;
