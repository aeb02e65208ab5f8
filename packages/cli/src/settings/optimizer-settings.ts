/** Settings of the optimiser and its learning rate. */
import { type Optimizer, type Schedule, scaleLearningRate, adamW, biasAndNorm, lars, sgd, warmupCosine } from '@kindred/optimizers';
import { flattenParameters, type ParameterTree } from '@kindred/core';
import * as z from 'zod';

const exclude = z.enum(['bias-and-norm', 'nothing']).describe('Which parameters get neither weight decay nor adaptation.');
const weightDecay = z.number().min(0).describe('λ of the L2 penalty, 1e-6 (LARS) to 5e-4 (SGD).');

/** Which optimiser, with its numbers. */
export const OptimizerSettings = z.discriminatedUnion('name', [
  z.strictObject({
    name: z.literal('sgd'),
    momentum: z.number().min(0).lt(1),
    nesterov: z.boolean().default(false),
    weightDecay,
    exclude: exclude.default('nothing'),
  }),
  z.strictObject({
    name: z.literal('lars'),
    momentum: z.number().min(0).lt(1),
    weightDecay,
    trustCoefficient: z.number().positive().describe('η: 0.001 in the papers, 0.02 in solo-learn.'),
    form: z.enum(['sum', 'separate']).describe('Adapts to |g + λw| (SimCLR, BYOL) or to |g| + λ|w| (You et al., lightly, solo-learn).'),
    learningRatePlacement: z.enum(['inside', 'outside']).describe("Of the momentum: inside in Google's SimCLR, outside elsewhere."),
    clip: z.boolean().describe("LARC's clipping, in solo-learn and SwAV's library."),
    exclude: exclude.default('bias-and-norm'),
  }),
  z.strictObject({
    name: z.literal('adamw'),
    beta1: z.number().min(0).lt(1).default(0.9),
    beta2: z.number().min(0).lt(1).default(0.999),
    epsilon: z.number().positive().default(1e-8),
    weightDecay,
    exclude: exclude.default('bias-and-norm'),
  }),
]);

/** The learning rate over a run: linear warm-up, then half a cosine. */
export const LearningRateSettings = z.strictObject({
  base: z.number().positive().describe('At `reference` images a step where it is scaled, else the peak itself.'),
  scale: z.enum(['linear', 'sqrt', 'none']).describe('How the peak grows with the batch.'),
  reference: z.number().positive().default(256).describe('The batch that base is for: 256 in most papers, 128 in lightly, 1 in SimCLR where it says 0.075·√batch.'),
  warmupEpochs: z.number().min(0).describe('Epochs of linear warm-up from 0.'),
  final: z.number().min(0).default(0).describe('What the cosine ends at.'),
});

const makers: { readonly [N in z.output<typeof OptimizerSettings>['name']]: (options: never) => Optimizer } = { sgd, lars, adamw: adamW };

/** Makes the optimiser of a model's parameters. */
export function buildOptimizer(settings: z.output<typeof OptimizerSettings>, tree: ParameterTree): Optimizer {
  const parameters = flattenParameters(tree);
  const { name, exclude, ...numbers } = settings;
  const options = { ...numbers, parameters, exclude: exclude === 'bias-and-norm' ? biasAndNorm : (): boolean => false };
  return makers[name](options as never);
}

/** Makes the schedule of a run. */
export function buildSchedule(
  settings: z.output<typeof LearningRateSettings>,
  { batchSize, stepsPerEpoch, epochs }: { batchSize: number; stepsPerEpoch: number; epochs: number },
): Schedule {
  const peak =
    settings.scale === 'none'
      ? settings.base
      : scaleLearningRate({ base: settings.base, batchSize, rule: settings.scale, reference: settings.reference });
  return warmupCosine({
    peak,
    warmupSteps: Math.round(settings.warmupEpochs * stepsPerEpoch),
    totalSteps: epochs * stepsPerEpoch,
    final: settings.final,
  });
}
