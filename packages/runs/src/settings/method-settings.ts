/** Settings of the methods: the numbers of each, and how it is built from them. */
import type { LayeredHead } from '@kindred/backbones';
import type { Encoder, Head, Normalize, Random } from '@kindred/core';
import { allTriplets, batchHard, easyPositive, type Miner, semiHard } from '@kindred/losses';
import {
  barlowTwins,
  byol,
  dcl,
  deepClusterV2,
  hardNegatives,
  type Method,
  mocoV2,
  mocoV3,
  type MomentumNetwork,
  momentumNetwork,
  nnByol,
  nnclr,
  nnMoco,
  nnSiam,
  nnTriplet,
  otherView,
  simclr,
  simsiam,
  supCon,
  supervised,
  swav,
  triplet,
  vicReg,
  withLabels,
} from '@kindred/methods';
import { constant, cosineRamp, type Schedule } from '@kindred/optimizers';
import { type SupportSet, supportSet } from '@kindred/support-set';
import * as z from 'zod';
import { buildPredictor, buildProjector, PredictionSettings, ProjectionSettings } from './encoder-settings.js';
import { type Leg, overLegs } from './legs.js';

const temperature = z.number().positive().describe('τ of the softmax over similarities; published values run from 0.05 to 1.');
const forward = z.enum(['joint', 'separate']).describe('All views in one pass, sharing batch statistics, or one pass a view.');
const projection = ProjectionSettings;
const prediction = PredictionSettings;
const queue = z.strictObject({
  capacity: z.int().positive().describe('Rows; NNCLR: 98,304, MoCo: 65,536.'),
  initial: z
    .enum(['random', 'empty'])
    .default('random')
    .describe('What it holds at the start. Random rows, as in the papers; or none: until it is full, positives are the other view (negatives: those there are).'),
});
const neighbors = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('top-1') }),
    z.strictObject({ kind: z.literal('top-k'), k: z.int().positive() }),
    z.strictObject({ kind: z.literal('soft'), k: z.int().positive(), temperature }),
  ])
  .describe('What a look-up answers: the nearest row, or a mean of the k nearest, evenly or by softmax(similarity / temperature).');
const part = z.number().min(0).max(1);
const share = z.union([
  part,
  z.strictObject({ from: part, to: part, epochs: z.number().positive().describe('Epochs in which it goes from the one to the other, evenly.') }),
]);
const momentum = z.strictObject({
  decay: z.number().min(0).max(1).describe('Share of the momentum encoder that stays at a step, at the start.'),
  schedule: z.enum(['constant', 'cosine']).describe('As it is (MoCo), or along a cosine to 1 (BYOL, MoCo v3).'),
});
const margins = {
  margin: z.union([z.number().min(0), z.literal('soft')]),
  distance: z.enum(['euclidean', 'squared-euclidean', 'cosine']),
  mining: z
    .enum(['all', 'hardest', 'semi-hard', 'easy-positive'])
    .describe('Which triplets count; easy-positive takes the nearest positive and the next farther negative.'),
};
const miners: Readonly<Record<z.output<(typeof margins)['mining']>, Miner>> = {
  all: allTriplets(),
  hardest: batchHard(),
  'semi-hard': semiHard(),
  'easy-positive': easyPositive({ negative: 'semi-hard' }),
};

/** One schema per method: everything specific to it. */
const schemas = {
  simclr: z.strictObject({ name: z.literal('simclr'), temperature, projection, forward: forward.default('joint') }),
  nnclr: z.strictObject({
    name: z.literal('nnclr'),
    temperature,
    projection,
    prediction: z
      .union([prediction, z.literal('none')])
      .optional()
      .describe("The second head, which the variants paper and lightly have; 'none': neighbours are compared with projections."),
    supportSet: queue,
    variant: z.enum(['paper', 'lightly', 'keras']).default('paper'),
    excludeSelf: z.boolean().default(false),
    neighbors: neighbors.optional().describe('top-1 by default, as in the paper.'),
    share: share.optional().describe("How much of the loss compares with neighbours; the rest compares with the image's other view. 1 by default, as in the paper."),
    directions: z.enum(['both', 'once']).optional().describe('Whose neighbours are taken: those of both views, the default, or of the first view alone, where the first is a weak one.'),
    lookUp: z
      .enum(['projections', 'features'])
      .optional()
      .describe('By what neighbours are found: by projections, the default, as in the paper, or by what the encoder gives to the projection head.'),
    forward: forward.default('separate'),
  }),
  'moco-v2': z.strictObject({ name: z.literal('moco-v2'), temperature, projection, momentum, queue, forward: forward.default('separate') }),
  'moco-v3': z.strictObject({ name: z.literal('moco-v3'), temperature, projection, prediction, momentum, forward: forward.default('separate') }),
  byol: z.strictObject({ name: z.literal('byol'), projection, prediction, momentum, forward: forward.default('separate') }),
  simsiam: z.strictObject({ name: z.literal('simsiam'), projection, prediction, forward: forward.default('separate') }),
  'barlow-twins': z.strictObject({ name: z.literal('barlow-twins'), lambda: z.number().min(0), projection, forward: forward.default('separate') }),
  vicreg: z.strictObject({
    name: z.literal('vicreg'),
    invariance: z.number().min(0),
    variance: z.number().min(0),
    covariance: z.number().min(0),
    projection,
    forward: forward.default('separate'),
  }),
  dcl: z.strictObject({ name: z.literal('dcl'), temperature, sigma: z.number().positive().optional().describe('Weighs hard positives: DCLW.'), projection, forward: forward.default('joint') }),
  supcon: z.strictObject({ name: z.literal('supcon'), temperature, projection, forward: forward.default('joint') }),
  swav: z.strictObject({
    name: z.literal('swav'),
    temperature,
    projection,
    prototypes: z.strictObject({
      count: z.int().positive().describe('SwAV: 3,000 on ImageNet; lightly: 512 on CIFAR-10.'),
      epsilon: z.number().positive().describe('Of the Sinkhorn codes: 0.05.'),
      iterations: z.int().positive().describe('Of the Sinkhorn codes: 3.'),
      freezeSteps: z.int().min(0).describe('Steps at the start in which the prototypes stay.'),
    }),
    codeQueue: z
      .strictObject({
        capacity: z.int().positive().describe('Rows of each view that gives codes; SwAV with batches of 256: 3,840.'),
        fromEpoch: z.int().min(0).describe('Epochs before the first rows are stored; SwAV: 15.'),
      })
      .optional()
      .describe('Earlier projections that take part in the codes, where a batch is small against the prototypes.'),
    forward: forward.default('joint'),
  }),
  'deepcluster-v2': z.strictObject({
    name: z.literal('deepcluster-v2'),
    temperature,
    projection,
    clusters: z.array(z.int().positive()).min(1).readonly().describe('Clusters of each head: three times 3,000 on ImageNet.'),
    iterations: z.int().positive().describe('Of k-means: 10.'),
    forward: forward.default('joint'),
  }),
  supervised: z.strictObject({
    name: z.literal('supervised'),
    classes: z.int().min(2),
    forward: forward.default('separate'),
  }),
  triplet: z.strictObject({
    name: z.literal('triplet'),
    ...margins,
    labels: z.boolean().default(false).describe('Whether all images of a class are positives of each other, and the others negatives.'),
    hardNegatives: queue
      .extend({ k: z.int().positive().describe('Rows that are negatives of an anchor, the most similar ones.') })
      .optional()
      .describe('A support set that gives each anchor further negatives.'),
    projection,
    forward: forward.default('separate'),
  }),
  nnsiam: z.strictObject({ name: z.literal('nnsiam'), projection, prediction, supportSet: queue, forward: forward.default('separate') }),
  nnbyol: z.strictObject({ name: z.literal('nnbyol'), projection, prediction, momentum, supportSet: queue, forward: forward.default('separate') }),
  'nn-moco': z.strictObject({ name: z.literal('nn-moco'), temperature, projection, momentum, queue, supportSet: queue, forward: forward.default('separate') }),
  'nn-triplet': z.strictObject({ name: z.literal('nn-triplet'), ...margins, projection, supportSet: queue, forward: forward.default('separate') }),
};

type Name = keyof typeof schemas;
type SettingsOf<N extends Name> = z.output<(typeof schemas)[N]>;

/** Which method, with its numbers. */
export const MethodSettings = z.discriminatedUnion('name', Object.values(schemas) as [(typeof schemas)['simclr'], ...(typeof schemas)[Name][]]);

/** What a method is built from, apart from its own settings. */
export interface MethodContext {
  readonly encoder: Encoder;
  /** Another encoder with the same settings, for the momentum network. */
  readonly makeEncoder: (random: Random) => Encoder;
  readonly random: Random;
  /** The course of the run, for schedules. */
  readonly legs: readonly Leg[];
  /** Steps of an epoch, for what is done once in each. */
  readonly stepsPerEpoch: number;
  /** Images of the dataset, for memories of all of them. */
  readonly samples: number;
  /** How the heads' batch normalisation takes its statistics; from the rows of the batch by default. */
  readonly normalize?: Normalize | undefined;
}

/** The parts that several methods share, made from the settings that they share. */
function kit({ encoder, makeEncoder, random, legs, stepsPerEpoch, samples, normalize }: MethodContext) {
  const projector = (settings: z.output<typeof projection>): Head => buildProjector(settings, encoder, random.fork('projector'), normalize);
  return {
    encoder,
    random,
    samples,
    stepsPerEpoch,
    projector,
    predictor: (settings: z.output<typeof prediction>, head: Head): Head => buildPredictor(settings, head, random.fork('predictor'), normalize),
    support: ({ capacity, initial }: z.output<typeof queue>, { dimension }: { readonly dimension: number }, stream = 'support'): SupportSet =>
      supportSet({ capacity, initial, dimension, random: random.fork(stream) }),
    momentum(settings: z.output<typeof momentum>, head: Head, heads: z.output<typeof projection>, passes: 'joint' | 'separate'): MomentumNetwork {
      const slow = makeEncoder(random.fork('target'));
      const target = { encoder: slow, projector: buildProjector(heads, slow, random.fork('target', 'projector'), normalize) };
      const { decay, schedule } = settings;
      const ramp = schedule === 'constant' ? constant(decay) : rampOver(legs, decay);
      return momentumNetwork({ online: { encoder, projector: head }, target, decay: ramp, forward: passes });
    },
  };
}

/** From `start` along a cosine to 1; a leg continues from the value of the one before, or starts again if that had reached its end. */
export const rampOver = (legs: readonly Leg[], start: number): Schedule =>
  overLegs(
    legs,
    (totalSteps) => cosineRamp({ start, totalSteps }),
    (before, { from, until }) => {
      const found = before(from);
      const ramp = cosineRamp({ start: found < 1 ? found : start, totalSteps: until - from });
      return (step) => ramp(step - from);
    },
  );

/** A support set, and from how many rows on it answers: one that starts empty once it is full. */
const neighborsIn = ({ capacity, initial }: z.output<typeof queue>, support: SupportSet): { support: SupportSet; minimumRows?: number } =>
  initial === 'empty' ? { support, minimumRows: capacity } : { support };

/** A share as a function of the step. */
const growing = ({ from, to, epochs }: Exclude<z.output<typeof share>, number>, stepsPerEpoch: number) => (step: number): number =>
  from + (to - from) * Math.min(1, step / (epochs * stepsPerEpoch));

type Kit = ReturnType<typeof kit>;

/** How each method is made from its settings. A new method is one row here and one schema above. */
const builders: { readonly [N in Name]: (settings: SettingsOf<N>, parts: Kit) => Method } = {
  simclr: ({ temperature, projection, forward }, { encoder, projector }) => simclr({ encoder, projector: projector(projection), temperature, forward }),

  nnclr({ prediction, supportSet, share, lookUp, ...settings }, { encoder, projector, predictor, support, stepsPerEpoch }) {
    const head = projector(settings.projection);
    const second = prediction && { predictor: prediction === 'none' ? prediction : predictor(prediction, head) };
    const part = share !== undefined && { share: typeof share === 'number' ? share : growing(share, stepsPerEpoch) };
    const byFeatures = lookUp === 'features' && { features: support(supportSet, encoder, 'features') };
    return nnclr({ ...settings, ...byFeatures, encoder, projector: head, ...second, ...neighborsIn(supportSet, support(supportSet, head)), ...part });
  },

  'moco-v2'({ temperature, projection, momentum, queue, forward }, parts) {
    const head = parts.projector(projection);
    return mocoV2({ encoder: parts.encoder, projector: head, momentum: parts.momentum(momentum, head, projection, forward), queue: parts.support(queue, head, 'queue'), temperature, forward });
  },

  'moco-v3'({ temperature, projection, prediction, momentum, forward }, parts) {
    const head = parts.projector(projection);
    return mocoV3({ encoder: parts.encoder, projector: head, predictor: parts.predictor(prediction, head), momentum: parts.momentum(momentum, head, projection, forward), temperature, forward });
  },

  byol({ projection, prediction, momentum, forward }, parts) {
    const head = parts.projector(projection);
    return byol({ encoder: parts.encoder, projector: head, predictor: parts.predictor(prediction, head), momentum: parts.momentum(momentum, head, projection, forward), forward });
  },

  simsiam({ projection, prediction, forward }, { encoder, projector, predictor }) {
    const head = projector(projection);
    return simsiam({ encoder, projector: head, predictor: predictor(prediction, head), forward });
  },

  'barlow-twins': ({ lambda, projection, forward }, { encoder, projector }) => barlowTwins({ encoder, projector: projector(projection), lambda, forward }),

  vicreg: ({ projection, forward, invariance, variance, covariance }, { encoder, projector }) =>
    vicReg({ encoder, projector: projector(projection), invariance, variance, covariance, forward }),

  dcl: ({ temperature, sigma, projection, forward }, { encoder, projector }) =>
    dcl({ encoder, projector: projector(projection), temperature, ...(sigma !== undefined && { sigma }), forward }),

  supcon: ({ temperature, projection, forward }, { encoder, projector }) => supCon({ encoder, projector: projector(projection), temperature, forward }),

  triplet({ projection, forward, margin, distance, mining, labels, hardNegatives: hard }, { encoder, projector, support }) {
    const head = projector(projection);
    const views = otherView({ directions: 'both' });
    const classes = labels ? withLabels(views) : views;
    const strategy = hard ? hardNegatives(classes, support(hard, head), { k: hard.k }) : classes;
    return triplet({ encoder, projector: head, strategy, margin, distance, miner: miners[mining], forward });
  },

  swav({ temperature, projection, prototypes, codeQueue, forward }, { encoder, projector, support, random, stepsPerEpoch }) {
    const head = projector(projection);
    const views = [0, 1]; // those that give codes: the large crops
    const queue = codeQueue && {
      sets: views.map(() => support({ capacity: codeQueue.capacity, initial: 'empty' }, head)),
      fromStep: codeQueue.fromEpoch * stepsPerEpoch,
    };
    return swav({ encoder, projector: head, ...prototypes, assignViews: views.length, queue, temperature, forward, random: random.fork('prototypes') });
  },

  'deepcluster-v2': ({ temperature, projection, clusters, iterations, forward }, { encoder, projector, random, samples, stepsPerEpoch }) =>
    deepClusterV2({ encoder, projector: projector(projection), samples, clusters, iterations, everySteps: stepsPerEpoch, temperature, forward, random: random.fork('clusters') }),

  supervised: (settings, { encoder, projector }) => supervised({ encoder, classifier: projector(projectionOf(settings)), classes: settings.classes, forward: settings.forward }),

  nnsiam({ projection, prediction, supportSet, forward }, { encoder, projector, predictor, support }) {
    const head = projector(projection);
    return nnSiam({ encoder, projector: head, predictor: predictor(prediction, head), ...neighborsIn(supportSet, support(supportSet, head)), forward });
  },

  nnbyol({ projection, prediction, momentum, supportSet, forward }, parts) {
    const head = parts.projector(projection);
    return nnByol({ encoder: parts.encoder, projector: head, predictor: parts.predictor(prediction, head), momentum: parts.momentum(momentum, head, projection, forward), ...neighborsIn(supportSet, parts.support(supportSet, head)), forward });
  },

  'nn-moco'({ temperature, projection, momentum, queue, supportSet, forward }, parts) {
    const head = parts.projector(projection);
    return nnMoco({ encoder: parts.encoder, projector: head, momentum: parts.momentum(momentum, head, projection, forward), queue: parts.support(queue, head, 'queue'), ...neighborsIn(supportSet, parts.support(supportSet, head)), temperature, forward });
  },

  'nn-triplet'({ projection, supportSet, forward, margin, distance, mining }, { encoder, projector, support }) {
    const head = projector(projection);
    return nnTriplet({ encoder, projector: head, ...neighborsIn(supportSet, support(supportSet, head)), margin, distance, miner: miners[mining], forward });
  },
};

/** The settings of a method's first head: of `supervised` its classifier. */
function projectionOf(settings: z.output<typeof MethodSettings>): z.output<typeof projection> {
  return settings.name === 'supervised' ? { layers: [settings.classes], batchNorm: 'none' } : settings.projection;
}

/** The settings of a method's second head, where it has one. */
export function predictionOf(settings: z.output<typeof MethodSettings>): z.output<typeof prediction> | undefined {
  return 'prediction' in settings && settings.prediction !== 'none' ? settings.prediction : undefined;
}

/** The heads of a method, fresh: `projector`, and `predictor` where it has one. */
export function buildHeads(settings: z.output<typeof MethodSettings>, encoder: Encoder, random: Random): { readonly projector: LayeredHead; readonly predictor?: LayeredHead } {
  const projector = buildProjector(projectionOf(settings), encoder, random.fork('projector'));
  const predicts = predictionOf(settings);
  return { projector, ...(predicts && { predictor: buildPredictor(predicts, projector, random.fork('predictor')) }) };
}

/** Makes a method around an encoder. */
export function buildMethod(settings: z.output<typeof MethodSettings>, context: MethodContext): Method {
  const build = builders[settings.name] as (settings: unknown, parts: Kit) => Method;
  return build(settings, kit(context));
}
