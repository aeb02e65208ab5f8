/** Settings of the optimiser and its learning rate. */
import {
  adamW,
  biasAndNorm,
  byGroup,
  chain,
  clipByGlobalNorm,
  clipByValue,
  extendSchedule,
  lars,
  type NamedParameters,
  type Optimizer,
  type ParameterGroup,
  scaleLearningRate,
  type Schedule,
  sgd,
  warmupCosine,
  type WeightAverage,
} from '@kindred/optimizers';
import { flattenParameters, type ParameterTree } from '@kindred/core';
import type { Variable } from '@tensorflow/tfjs-core';
import { type Leg, overLegs } from './legs.js';
import { inPart } from './network-parts.js';
import * as z from 'zod';

const exclude = z.enum(['bias-and-norm', 'nothing']).describe('Which parameters get neither weight decay nor adaptation.');
const decay = z.number().min(0);
const weightDecay = z
  .union([decay, z.strictObject({ start: decay, end: decay }).describe('Along half a cosine over the run. DINO: 0.04 to 0.4.')])
  .describe('λ of the L2 penalty, 1e-6 (LARS) to 5e-4 (SGD).');

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

/** What happens to gradients before the optimiser sees them. */
export const GradientSettings = z.strictObject({
  clipValue: z.number().positive().optional().describe('Every number of a gradient is brought into ± this.'),
  clipNorm: z.number().positive().optional().describe('All gradients are scaled so that their length as one vector is at most this. MAE and DINO: 3; after clipValue.'),
});

/** The learning rate over a run: linear warm-up, then half a cosine. */
export const LearningRateSettings = z.strictObject({
  base: z.number().positive().describe('At `reference` images a step where it is scaled, else the peak itself.'),
  scale: z.enum(['linear', 'sqrt', 'none']).describe('How the peak grows with the batch.'),
  reference: z.number().positive().default(256).describe('The batch that base is for: 256 in most papers, 128 in lightly, 1 in SimCLR where it says 0.075·√batch.'),
  warmupEpochs: z.number().min(0).describe('Epochs of linear warm-up.'),
  start: z.number().min(0).default(0).describe('What the warm-up begins at.'),
  final: z.number().min(0).default(0).describe('What the cosine ends at.'),
  fixedPredictor: z.boolean().optional().describe('Whether the prediction head keeps the peak throughout (SimSiam).'),
  inclusive: z.boolean().optional().describe("Whether the last step of the warm-up has the peak and the last step of all `final`, as in lightly's scheduler."),
  extensions: z
    .array(
      z.strictObject({
        fromStep: z.int().min(0).describe('The step from which on it holds.'),
        afterEpochs: z.int().positive().describe('The epochs that the run was to have before.'),
        peak: z.number().positive().optional().describe('The rate that it rises or falls to first; the one that the run has at that step by default.'),
        warmupEpochs: z.number().min(0).default(0).describe('Epochs of the way to the peak.'),
      }),
    )
    .readonly()
    .optional()
    .describe('How the run was made longer on its way (`--resume --extend`): schedules go on from where they were.'),
  parts: z
    .record(z.string(), z.number().positive())
    .optional()
    .describe('What the rate of a part of the networks is multiplied with: encoder, its stem, stage1, stage2 and so on, projector, predictor, prototypes. 1 by default; stem and stages go before encoder.'),
  biasAndNorm: z.number().positive().optional().describe('What the rate of biases and batch norms is multiplied with. Barlow Twins: 0.0048 / 0.2.'),
});

const makers: { readonly [N in z.output<typeof OptimizerSettings>['name']]: (options: never) => Optimizer } = { sgd, lars, adamw: adamW };

/** The learning rate at the end of the warm-up. */
function peakOf({ scale, base, reference }: z.output<typeof LearningRateSettings>, batchSize: number): number {
  return scale === 'none' ? base : scaleLearningRate({ base, batchSize, rule: scale, reference });
}

/** What an optimiser is built from, apart from its own settings. */
export interface OptimizerContext {
  readonly batchSize: number;
  readonly legs: readonly Leg[];
  /** What it trains. */
  readonly tree: ParameterTree;
  readonly gradients?: z.output<typeof GradientSettings> | undefined;
  /** Follows the weights. */
  readonly average?: WeightAverage | undefined;
}

/** Makes the optimiser of a model's parameters. */
export function buildOptimizer(
  settings: z.output<typeof OptimizerSettings>,
  learningRate: z.output<typeof LearningRateSettings>,
  { batchSize, legs, tree, gradients = {}, average }: OptimizerContext,
): Optimizer {
  const { name, exclude, weightDecay: given, ...numbers } = settings;
  const weightDecay = typeof given === 'number' ? given : decayOver(legs, given);
  const left = exclude === 'bias-and-norm' ? biasAndNorm : (): boolean => false;
  const optimizer = (parameters: NamedParameters): Optimizer => makers[name]({ ...numbers, weightDecay, parameters, exclude: left } as never);
  const parameters = flattenParameters(tree);
  const own = ownRates(learningRate, peakOf(learningRate, batchSize));
  const groups = thatTake(parameters, [...own, { name: 'rest', takes: () => true }]).map((group) => ({ ...group, optimizer }));
  const whole = own.length === 0 ? optimizer(parameters) : byGroup(parameters, groups);
  const links = [
    ...(gradients.clipValue === undefined ? [] : [clipByValue({ maximum: gradients.clipValue })]),
    ...(gradients.clipNorm === undefined ? [] : [clipByGlobalNorm({ maximum: gradients.clipNorm })]),
  ];
  const all = [...links, ...(average ? [average] : [])];
  return all.length === 0 ? whole : chain(...all, whole);
}

/** Parameters with a rate of their own. */
type OwnRate = Omit<ParameterGroup, 'optimizer'>;

/** The groups of parameters that settings give a rate of their own, in the order in which they take them. */
function ownRates({ fixedPredictor = false, parts = {}, biasAndNorm: factor }: z.output<typeof LearningRateSettings>, peak: number): OwnRate[] {
  const times = (share: number) => (rate: number) => rate * share;
  // a stage before the encoder that it is in
  const named = Object.entries(parts).sort(([a], [b]) => Number(a === 'encoder') - Number(b === 'encoder'));
  return [
    ...(fixedPredictor ? [{ name: 'predictor', takes: (of: string) => inPart('predictor', of), rate: () => peak * (parts['predictor'] ?? 1) }] : []),
    ...named.flatMap(([part, share]): OwnRate[] => [
      ...(factor === undefined ? [] : [{ name: `${part}-bias-and-norm`, takes: (of: string, variable: Variable) => inPart(part, of) && biasAndNorm(of, variable), rate: times(share * factor) }]),
      ...(fixedPredictor && part === 'predictor' ? [] : [{ name: part, takes: (of: string) => inPart(part, of), rate: times(share) }]),
    ]),
    ...(factor === undefined ? [] : [{ name: 'bias-and-norm', takes: biasAndNorm, rate: times(factor) }]),
  ];
}

/** The groups that take a parameter which no group before them takes. */
function thatTake(parameters: NamedParameters, groups: readonly OwnRate[]): OwnRate[] {
  const entries = Object.entries(parameters);
  const taken = new Set<string>();
  return groups.filter(({ takes }) => {
    const own = entries.filter(([name, variable]) => !taken.has(name) && takes(name, variable));
    own.forEach(([name]) => taken.add(name));
    return own.length > 0;
  });
}

/** Names what an optimiser of these settings remembers apart: a run that goes on must keep it. */
export const groupsOf = (learningRate: z.output<typeof LearningRateSettings>): string => ownRates(learningRate, 1).map(({ name }) => name).join(', ');

/** From one value to another along half a cosine; a leg goes on from the value that it finds. */
export const decayOver = (legs: readonly Leg[], { start, end }: { readonly start: number; readonly end: number }): Schedule =>
  overLegs(
    legs,
    (totalSteps) => warmupCosine({ peak: start, warmupSteps: 0, totalSteps, final: end }),
    (before, { from, until }) => {
      const rest = warmupCosine({ peak: before(from), warmupSteps: 0, totalSteps: until - from, final: end });
      return (step) => rest(step - from);
    },
  );

/** Makes the schedule of a run. */
export function buildSchedule(
  settings: z.output<typeof LearningRateSettings>,
  { batchSize, stepsPerEpoch, legs }: { readonly batchSize: number; readonly stepsPerEpoch: number; readonly legs: readonly Leg[] },
): Schedule {
  const { start, final, inclusive = false } = settings;
  const [peak, warmupSteps] = [peakOf(settings, batchSize), Math.round(settings.warmupEpochs * stepsPerEpoch)];
  return overLegs(
    legs,
    (totalSteps) => warmupCosine({ peak, warmupSteps, totalSteps, start, final, inclusive }),
    (schedule, leg) => extendSchedule({ schedule, from: leg.from, totalSteps: leg.until, warmupSteps: leg.warmupSteps, final, ...(leg.peak !== undefined && { peak: leg.peak }) }),
  );
}
