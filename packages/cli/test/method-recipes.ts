/** Small settings of every method, for contract runs on Fashion-MNIST: one row each. */
import type * as z from 'zod';
import type { MethodSettings } from '../src/settings/method-settings.js';

type Settings = z.input<typeof MethodSettings>;
const projection = { layers: [64, 32], batchNorm: 'hidden' } as const;
const normalised = { layers: [64, 32], batchNorm: 'all' } as const;
const prediction = { hidden: 64 };
const momentum = { decay: 0.98, schedule: 'cosine' } as const;
const supportSet = { capacity: 1024, initial: 'random' } as const;
const margins = { margin: 0.5, distance: 'cosine', mining: 'semi-hard' } as const;

/** The method's settings and its peak learning rate (SGD). */
export const smallMethods: Record<Settings['name'], { readonly settings: Settings; readonly rate: number }> = {
  simclr: { settings: { name: 'simclr', temperature: 0.2, projection }, rate: 0.1 },
  nnclr: { settings: { name: 'nnclr', temperature: 0.2, projection: normalised, prediction, supportSet }, rate: 0.1 },
  'moco-v2': { settings: { name: 'moco-v2', temperature: 0.2, projection, momentum, queue: supportSet }, rate: 0.1 },
  'moco-v3': { settings: { name: 'moco-v3', temperature: 0.5, projection, prediction, momentum }, rate: 0.1 },
  byol: { settings: { name: 'byol', projection, prediction, momentum }, rate: 0.1 },
  simsiam: { settings: { name: 'simsiam', projection: { ...normalised, outputAffine: false }, prediction }, rate: 0.1 },
  'barlow-twins': { settings: { name: 'barlow-twins', lambda: 0.005, projection }, rate: 0.005 },
  vicreg: { settings: { name: 'vicreg', invariance: 25, variance: 25, covariance: 1, projection }, rate: 0.01 },
  dcl: { settings: { name: 'dcl', temperature: 0.2, projection }, rate: 0.1 },
  supcon: { settings: { name: 'supcon', temperature: 0.2, projection }, rate: 0.1 },
  triplet: { settings: { name: 'triplet', ...margins, projection }, rate: 0.1 },
  nnsiam: { settings: { name: 'nnsiam', projection: { ...normalised, outputAffine: false }, prediction, supportSet }, rate: 0.1 },
  nnbyol: { settings: { name: 'nnbyol', projection, prediction, momentum, supportSet }, rate: 0.1 },
  'nn-moco': { settings: { name: 'nn-moco', temperature: 0.2, projection, momentum, queue: supportSet, supportSet }, rate: 0.1 },
  'nn-triplet': { settings: { name: 'nn-triplet', ...margins, projection, supportSet }, rate: 0.1 },
};
