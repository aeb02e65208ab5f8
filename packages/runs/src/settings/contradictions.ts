/** Settings that are valid by themselves but not together. */
import type * as z from 'zod';
import type { ProjectionSettings, PredictionSettings, EncoderSettings } from './encoder-settings.js';
import { type MethodSettings, predictionOf } from './method-settings.js';
import { encoderParts, frozenParts, networkParts } from './network-parts.js';
import type { LearningRateSettings } from './optimizer-settings.js';

/** What is looked at. */
interface Together {
  readonly method: z.output<typeof MethodSettings>;
  readonly encoder: z.output<typeof EncoderSettings>;
  readonly learningRate: z.output<typeof LearningRateSettings>;
  readonly frozen?: readonly string[] | undefined;
  readonly batchSize: number;
  readonly epochs: number;
  readonly chunkSize?: number | undefined;
  readonly accumulate?: boolean | undefined;
}

/** The field to change, and what it should be. */
interface Problem {
  readonly path: readonly string[];
  readonly message: string;
}

/** All contradictions, each at the field to change. */
export const contradictions = (settings: Together): Problem[] => [queues, heads, batches, splits, chunks, rates, parts].flatMap((check) => check(settings));

/** A queue takes at least what a step enqueues. */
function queues({ method, batchSize }: Together): Problem[] {
  const rows = [
    { part: 'supportSet', capacity: 'supportSet' in method ? method.supportSet.capacity : undefined, least: batchSize, named: 'batchSize' },
    // a queue of negatives takes the keys of both views
    { part: 'queue', capacity: 'queue' in method ? method.queue.capacity : undefined, least: 2 * batchSize, named: '2 · batchSize' },
    { part: 'codeQueue', capacity: 'codeQueue' in method ? method.codeQueue?.capacity : undefined, least: batchSize, named: 'batchSize' },
  ];
  return rows.flatMap(({ part, capacity = Infinity, least, named }) =>
    capacity >= least ? [] : [{ path: ['method', part, 'capacity'], message: `expected at least ${named} (${least}), received ${capacity}. Raise it or lower batchSize.` }],
  );
}

/** NNCLR's variants differ in their heads. */
function heads({ method }: Together): Problem[] {
  if (!('variant' in method)) return [];
  const { variant, prediction } = method;
  if (variant === 'keras' ? prediction === undefined || prediction === 'none' : prediction !== undefined) return [];
  const wanted = variant === 'keras' ? 'none: the variant keras has no prediction head' : `{ hidden: ... } or 'none': the variant ${variant} has a prediction head`;
  return [{ path: ['method', 'prediction'], message: `expected ${wanted}.` }];
}

/** Methods whose loss compares the images of a batch with one another. */
const comparing = new Set(['simclr', 'nnclr', 'moco-v3', 'barlow-twins', 'vicreg', 'dcl', 'supcon', 'swav', 'triplet', 'nn-triplet']);

/** A batch of one image leaves nothing to compare with, and no deviation for the heads to normalise by. */
function batches({ method, batchSize, chunkSize = batchSize }: Together): Problem[] {
  if (batchSize === 1 && comparing.has(method.name)) {
    return [{ path: ['batchSize'], message: `expected at least 2, as ${method.name} compares the images of a batch, received 1.` }];
  }
  const projects = 'projection' in method && (method.projection.batchNorm === 'all' || (method.projection.batchNorm === 'hidden' && method.projection.layers.length > 1));
  const predicts = predictionOf(method) !== undefined;
  const rows = method.forward === 'joint' && !predicts ? 2 * chunkSize : chunkSize;
  if (rows > 1 || !(projects || predicts)) return [];
  return [{ path: [batchSize === 1 ? 'batchSize' : 'chunkSize'], message: `expected at least 2, as the batch norm of the heads normalises over the images of a pass, received ${chunkSize}.` }];
}

/** Groups of batch norm are equal parts of what runs at once. */
function splits({ method, encoder, batchSize, chunkSize }: Together): Problem[] {
  const parts: [string[], Pick<z.output<typeof ProjectionSettings | typeof PredictionSettings>, 'batchNormSplits'> | undefined][] = [
    [['encoder'], encoder],
    [['method', 'projection'], 'projection' in method ? method.projection : undefined],
    [['method', 'prediction'], predictionOf(method)],
  ];
  const [rows, named] = chunkSize === undefined ? [batchSize, 'batchSize'] : [chunkSize, 'chunkSize'];
  return parts.flatMap(([path, { batchNormSplits = 1 } = {}]) =>
    rows % batchNormSplits === 0 ? [] : [{ path: [...path, 'batchNormSplits'], message: `expected a divisor of ${named} (${rows}), received ${batchNormSplits}.` }],
  );
}

function chunks({ batchSize, chunkSize, accumulate }: Together): Problem[] {
  return [
    ...(chunkSize !== undefined && batchSize % chunkSize !== 0 ? [{ path: ['chunkSize'], message: `expected a divisor of batchSize (${batchSize}), received ${chunkSize}.` }] : []),
    ...(accumulate && chunkSize === undefined ? [{ path: ['accumulate'], message: 'expected chunkSize beside it.' }] : []),
  ];
}

function rates({ method, learningRate, epochs }: Together): Problem[] {
  const headless = !('prediction' in method) || method.prediction === undefined;
  return [
    ...(learningRate.fixedPredictor && headless ? [{ path: ['learningRate', 'fixedPredictor'], message: `expected a method with a prediction head; ${method.name} has none.` }] : []),
    ...(learningRate.warmupEpochs > epochs ? [{ path: ['learningRate', 'warmupEpochs'], message: `expected at most epochs (${epochs}), received ${learningRate.warmupEpochs}.` }] : []),
  ];
}

/** Parts of the networks by their names. */
function parts({ encoder, method, frozen = [], learningRate: { parts: own = {} } }: Together): Problem[] {
  const freezable = [...encoderParts(encoder), 'encoder'];
  const known = networkParts({ encoder, method });
  const still = frozenParts(frozen, encoder);
  const trains = (part: string): boolean => (part === 'encoder' ? encoderParts(encoder).some((each) => !still.includes(each)) : !still.includes(part));
  return [
    ...frozen.flatMap((part, i) => (freezable.includes(part) ? [] : [{ path: ['frozen', `${i}`], message: `expected one of ${freezable.join(', ')}, received ${JSON.stringify(part)}.` }])),
    ...Object.keys(own).flatMap((part) => {
      const path = ['learningRate', 'parts', part];
      if (!known.includes(part)) return [{ path, message: `is no part of these networks. There are ${known.join(', ')}.` }];
      return trains(part) ? [] : [{ path, message: 'expected a part that is trained; it is frozen.' }];
    }),
  ];
}
