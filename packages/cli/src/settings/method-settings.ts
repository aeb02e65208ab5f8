/** Settings of the methods: for each its own numbers, and how it is put together from them. */
import type { Encoder, Random } from '@kindred/core';
import { type Method, nnclr, simclr } from '@kindred/methods';
import { supportSet } from '@kindred/support-set';
import * as z from 'zod';
import { buildPredictor, buildProjector, PredictionSettings, ProjectionSettings } from './encoder-settings.js';

const temperature = z.number().positive().describe('τ of the softmax over similarities; published values run from 0.05 to 1.');
const forward = z.enum(['joint', 'separate']).describe('All views in one pass, sharing batch statistics, or one pass a view.');

const SimCLRSettings = z.strictObject({
  name: z.literal('simclr'),
  temperature,
  projection: ProjectionSettings,
  forward: forward.default('joint'),
});

const NNCLRSettings = z.strictObject({
  name: z.literal('nnclr'),
  temperature,
  projection: ProjectionSettings,
  prediction: PredictionSettings.optional().describe('Needed by the variants paper and lightly.'),
  supportSet: z.strictObject({
    capacity: z.int().positive().describe('Rows of the queue; the paper: 98,304.'),
    initial: z.enum(['random', 'empty']).default('random'),
  }),
  variant: z.enum(['paper', 'lightly', 'keras']).default('paper'),
  excludeSelf: z.boolean().default(false),
  forward: forward.default('separate'),
});

/** Which method, with its numbers. */
export const MethodSettings = z.discriminatedUnion('name', [SimCLRSettings, NNCLRSettings]);

type Settings = z.output<typeof MethodSettings>;
type Name = Settings['name'];

/** How each method is made from its settings. A new method is one row here and one schema above. */
const builders: { readonly [N in Name]: (settings: Extract<Settings, { name: N }>, encoder: Encoder, random: Random) => Method } = {
  simclr: ({ temperature, projection, forward }, encoder, random) =>
    simclr({ encoder, projector: buildProjector(projection, encoder, random.fork('projector')), temperature, forward }),

  nnclr({ temperature, projection, prediction, supportSet: { capacity, initial }, variant, excludeSelf, forward }, encoder, random) {
    const projector = buildProjector(projection, encoder, random.fork('projector'));
    const support = supportSet({ capacity, dimension: projector.dimension, initial, random: random.fork('support') });
    const predictor = prediction && buildPredictor(prediction, projector, random.fork('predictor'));
    return nnclr({ encoder, projector, ...(predictor && { predictor }), support, temperature, variant, excludeSelf, forward });
  },
};

/** Makes a method around an encoder. */
export function buildMethod(settings: Settings, encoder: Encoder, random: Random): Method {
  const build = builders[settings.name] as (settings: Settings, encoder: Encoder, random: Random) => Method;
  return build(settings, encoder, random);
}
