/** Small settings of every method, for contract runs on Fashion-MNIST: one row each. */
import type * as z from 'zod';
import type { MethodSettings } from '../src/settings/method-settings.js';

type Settings = z.input<typeof MethodSettings>;
const projection = { layers: [64, 32], batchNorm: 'hidden' } as const;
const normalised = { layers: [64, 32], batchNorm: 'all' } as const;
const prediction = { hidden: 64 };
const momentum = { decay: 0.95, schedule: 'cosine' } as const;
const supportSet = { capacity: 1024, initial: 'random' } as const;
const margins = { margin: 0.5, distance: 'cosine', mining: 'semi-hard' } as const;

/** A method's settings, its peak learning rate (SGD), and how long it takes: slow starters take smaller batches. */
interface Row {
  readonly settings: Settings;
  readonly rate: number;
  readonly batchSize: number;
  readonly epochs: number;
}

const quick = { rate: 0.1, batchSize: 100, epochs: 6 } as const; // 120 steps
const slow = { rate: 0.1, batchSize: 50, epochs: 8 } as const; // 320 steps

export const smallMethods: Record<Settings['name'], Row> = {
  simclr: { ...quick, settings: { name: 'simclr', temperature: 0.2, projection } },
  nnclr: { ...slow, epochs: 12, settings: { name: 'nnclr', temperature: 0.2, projection: normalised, prediction, supportSet }, rate: 0.05 },
  'moco-v2': { ...quick, settings: { name: 'moco-v2', temperature: 0.2, projection, momentum, queue: supportSet } },
  'moco-v3': { ...slow, settings: { name: 'moco-v3', temperature: 0.5, projection, prediction, momentum }, rate: 0.05 },
  byol: { ...slow, settings: { name: 'byol', projection: normalised, prediction, momentum } },
  simsiam: { ...slow, epochs: 12, settings: { name: 'simsiam', projection: { ...normalised, outputAffine: false }, prediction } },
  'barlow-twins': { ...slow, epochs: 12, settings: { name: 'barlow-twins', lambda: 0.005, projection: { layers: [128, 128], batchNorm: 'hidden' } }, rate: 0.02 },
  vicreg: { ...slow, settings: { name: 'vicreg', invariance: 25, variance: 25, covariance: 1, projection }, rate: 0.01 },
  swav: { ...slow, settings: { name: 'swav', temperature: 0.1, projection, prototypes: { count: 60, epsilon: 0.05, iterations: 3, freezeSteps: 20 } } },
  'deepcluster-v2': { ...slow, settings: { name: 'deepcluster-v2', temperature: 0.1, projection, clusters: [60, 60], iterations: 10 } },
  supervised: { ...quick, settings: { name: 'supervised', classes: 10 } },
  dcl: { ...quick, settings: { name: 'dcl', temperature: 0.2, projection } },
  supcon: { ...quick, settings: { name: 'supcon', temperature: 0.2, projection } },
  triplet: { ...quick, settings: { name: 'triplet', ...margins, projection } },
  nnsiam: { ...slow, settings: { name: 'nnsiam', projection: { ...normalised, outputAffine: false }, prediction, supportSet }, rate: 0.2 },
  nnbyol: { ...slow, epochs: 14, settings: { name: 'nnbyol', projection: normalised, prediction, momentum, supportSet } },
  'nn-moco': { ...quick, settings: { name: 'nn-moco', temperature: 0.2, projection, momentum, queue: supportSet, supportSet } },
  'nn-triplet': { ...quick, settings: { name: 'nn-triplet', ...margins, projection, supportSet } },
};
