/** Contrastive pre-training on a table, and how well its embeddings classify beside the features themselves. */
import { mlp, projectionHead } from '@kindred/backbones';
import { type Encoder, flattenParameters, random } from '@kindred/core';
import { embed, type Features, knn, linearProbe, selectFeatures } from '@kindred/evaluation';
import { simclr } from '@kindred/methods';
import { adamW, biasAndNorm, warmupCosine } from '@kindred/optimizers';
import { pretrain } from '@kindred/training';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { corruptFeatures } from './corrupt-features.js';
import { diamonds } from './diamonds.js';
import { type Table, toTensor } from './table.js';

export interface Settings {
  /** Rows of the table in all. Default: every one. */
  readonly rows?: number | undefined;
  readonly epochs: number;
  readonly seed: number;
  readonly onStep?: ((step: { step: number; loss: number }) => void) | undefined;
}

/** Accuracies, 0..1, by what is classified and how. */
export interface Row {
  readonly name: string;
  readonly accuracies: Readonly<Record<string, number>>;
}

const batchSize = 256;

export async function experiment({ rows, epochs, seed, onStep }: Settings): Promise<Row[]> {
  const { train, test } = diamonds({ rows, seed });
  const networks = (): { encoder: Encoder<Tensor2D>; projector: ReturnType<typeof projectionHead> } => ({
    encoder: mlp({ input: train.width, layers: [128, 128, 128], batchNorm: true, random: random(seed).fork('encoder') }),
    projector: projectionHead({ input: 128, layers: [128, 128], batchNorm: 'hidden', random: random(seed).fork('projector') }),
  });
  const method = simclr({ ...networks(), temperature: 0.5, forward: 'separate' });
  const totalSteps = epochs * Math.floor(train.size / batchSize);
  const parameters = flattenParameters(method.parameters());
  await pretrain({
    method,
    dataset: train,
    views: await corruptFeatures(train, { share: 0.6 }),
    optimizer: adamW({ parameters, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 1e-4, exclude: biasAndNorm }),
    schedule: warmupCosine({ peak: 2e-3, warmupSteps: Math.round(totalSteps / 10), totalSteps }),
    batchSize,
    epochs,
    seed,
    ...(onStep && { onStep }),
  });
  const asItIs = { dimension: train.width, apply: (x: Tensor2D) => x.clone() };
  return [
    await measure('features as they are', asItIs, train, test, seed),
    await measure('random weights', networks().encoder, train, test, seed),
    await measure('pre-trained', method.encoder, train, test, seed),
  ];
}

/** kNN and a linear probe, with all labels and with one in a hundred. */
async function measure(name: string, encoder: Pick<Encoder<Tensor2D>, 'dimension' | 'apply'>, train: Table, test: Table, seed: number): Promise<Row> {
  const features = (table: Table): Promise<Features> => embed(encoder, table, { batchSize: 1000, toInput: toTensor });
  const [all, others] = [await features(train), await features(test)];
  const few = selectFeatures(all, random(seed).fork('few').permutation(train.size).subarray(0, Math.max(50, Math.round(train.size / 100))));
  const accuracies: Record<string, number> = {};
  for (const [labels, some] of [['all labels', all], ['1 % of them', few]] as const) {
    accuracies[`kNN, ${labels}`] = (await knn({ train: some, test: others, k: 10, similarity: 'euclidean', weighting: 'uniform' })).accuracy;
    accuracies[`linear, ${labels}`] = (await linearProbe({ train: some, test: others, regularization: [100, 1, 0.01], standardize: true, maximumIterations: 500, tolerance: 1e-3, seed })).accuracy;
  }
  return { name, accuracies };
}
