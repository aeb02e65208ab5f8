/** Networks as data, to export, convert and show them. */
import type { Head, Network } from '@kindred/core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { defaultEpsilon } from './batch-normalization.js';
import { type ConvolutionPlan, planBlocks, planStem, type ResidualPlan } from './residual-plan.js';

/**
 * A layer of a network in `eval`. One with values has a `name`: the first part of its values' names in `networkState`.
 *
 * - `convolution`: `<name>.weight`, `[kernel, kernel, inputs, outputs]`, with zeros on all sides; no bias
 * - `batchNormalization`: `<name>.running_mean` and `running_var`; `weight` and `bias` if it has them
 * - `linear`: `<name>.weight`, `[outputs, inputs]`; `bias` if it has one
 * - `maxPool`: padded with −∞, so that padding never wins
 * - `spatialMean`: `[N, H, W, C]` to `[N, C]`
 * - `sum`: the output of `path` plus the output of `shortcut`, both of the same input; an empty list is the input itself
 */
export type Layer =
  | { readonly kind: 'convolution'; readonly name: string; readonly stride: number; readonly padding: number }
  | { readonly kind: 'batchNormalization'; readonly name: string; readonly epsilon: number }
  | { readonly kind: 'linear'; readonly name: string }
  | { readonly kind: 'relu' }
  | { readonly kind: 'maxPool'; readonly size: number; readonly stride: number; readonly padding: number }
  | { readonly kind: 'spatialMean' }
  | { readonly kind: 'sum'; readonly path: readonly Layer[]; readonly shortcut: readonly Layer[] };

/** A network that describes what it computes. */
export interface LayeredNetwork<Input extends Tensor = Tensor, Output extends Tensor = Tensor> extends Network<Input, Output> {
  /** What it computes in `eval`, one layer after the other. */
  readonly layers: readonly Layer[];
}

/** A head that describes what it computes. */
export interface LayeredHead extends Head {
  /** What it computes in `eval`, one layer after the other. */
  readonly layers: readonly Layer[];
}

/** The batch normalisation with this name, as in residual encoders and heads. */
export const normalizationLayer = (name: string): Layer => ({ kind: 'batchNormalization', name, epsilon: defaultEpsilon });

/** The layers of a plan's encoder. */
export function planLayers(plan: ResidualPlan): Layer[] {
  const convolution = ({ name, stride, padding }: ConvolutionPlan): Layer => ({ kind: 'convolution', name, stride, padding });
  const relu: Layer = { kind: 'relu' };
  const blocks = planBlocks(plan).flatMap(({ name, path, shortcut }): Layer[] => [
    {
      kind: 'sum',
      path: path.flatMap((from, i) => [
        convolution(from),
        normalizationLayer(`${name}.bn${i + 1}`),
        ...(i < path.length - 1 ? [relu] : []),
      ]),
      shortcut: shortcut === undefined ? [] : [convolution(shortcut), normalizationLayer(`${name}.downsample.1`)],
    },
    relu,
  ]);
  return [
    convolution(planStem(plan)),
    normalizationLayer('bn1'),
    relu,
    ...(plan.stem.maxPool ? [{ kind: 'maxPool', size: 3, stride: 2, padding: 1 } as const] : []),
    ...blocks,
    { kind: 'spatialMean' },
  ];
}
