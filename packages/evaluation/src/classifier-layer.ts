/** The linear layer that a probe trains: logits of features. */
import { checkParameters, disposeParameters, matrixProduct, type Random, readParameters, softmaxCrossEntropy, type Stateful, valuesOf } from '@kindred/core';
import {
  add,
  argMax,
  mean,
  mul,
  oneHot,
  type Scalar,
  softmax,
  sub,
  sum,
  type Tensor,
  tensor,
  type Tensor1D,
  tensor1d,
  type Tensor2D,
  tensor2d,
  tidy,
  variable,
  type Variable,
} from '@tensorflow/tfjs-core';
import type { Features } from './features.js';

/** `x W + b`, `[N, D]` to `[N, K]`. */
export interface ClassifierLayer extends Stateful {
  /** `weight`, `[D, K]`, and `bias`, `[K]`. */
  readonly parameters: Readonly<Record<'weight' | 'bias', Variable>>;
  logits(features: Tensor2D): Tensor2D;
  /** The class of the largest logit of every row, the lowest of equals. */
  classify(features: Features): Int32Array;
}

export interface ClassifierLayerOptions {
  readonly dimension: number;
  readonly classes: number;
  /** The standard deviation of the initial weights, normal around 0. */
  readonly deviation: number;
  readonly random: Random;
}

/** Rows classified at a time. */
const blockRows = 8192;

/** A fresh layer; the bias is 0. The caller disposes it. */
export function classifierLayer({ dimension, classes, deviation, random }: ClassifierLayerOptions): ClassifierLayer {
  const parameters = {
    weight: trainable(Float32Array.from({ length: dimension * classes }, () => (deviation === 0 ? 0 : random.normal(0, deviation))), [dimension, classes]),
    bias: trainable(new Float32Array(classes), [classes]),
  };
  const logits = (features: Tensor2D): Tensor2D =>
    tidy(() => add<Tensor2D>(matrixProduct(features, parameters.weight as unknown as Tensor2D), parameters.bias));
  return {
    parameters,
    logits,
    classify({ values, dimension: length }) {
      const rows = values.length / length;
      const classified = new Int32Array(rows);
      for (let start = 0; start < rows; start += blockRows) {
        const end = Math.min(start + blockRows, rows);
        const block = values.slice(start * length, end * length);
        classified.set(valuesOf<Int32Array>(() => argMax(logits(tensor2d(block, [end - start, length])), 1)), start);
      }
      return classified;
    },
    state: () => readParameters(parameters),
    check: (state) => checkParameters('classifierLayer', parameters, state),
    dispose: () => disposeParameters(parameters),
  };
}

/** The mean cross-entropy of logits `[N, K]` and classes; differentiable. */
export function crossEntropy(logits: Tensor2D, labels: Int32Array): Scalar {
  return tidy(() => mean(softmaxCrossEntropy(logits, oneHot(tensor1d(labels, 'int32'), logits.shape[1]) as Tensor2D)) as Scalar);
}

/** The cross-entropy of each row, `[N]`, and its gradient for the logits, softmax minus target, `[N, K]`. Call it inside of `tidy`. */
export function crossEntropyRows(logits: Tensor2D, labels: Tensor1D): { readonly losses: Tensor1D; readonly excess: Tensor2D } {
  const wanted = oneHot(labels, logits.shape[1]) as Tensor2D;
  return { losses: softmaxCrossEntropy(logits, wanted), excess: sub(softmax(logits), wanted) };
}

/** The mean cross-entropy of a layer and its gradients, in closed form; the caller disposes them. */
export function layerGradients(layer: ClassifierLayer, features: Tensor2D, labels: Int32Array): { loss: Scalar; weight: Tensor; bias: Tensor } {
  return tidy(() => {
    const { losses, excess } = crossEntropyRows(layer.logits(features), tensor1d(labels, 'int32'));
    const share = mul(excess, 1 / labels.length) as Tensor2D;
    return { loss: mean(losses) as Scalar, weight: matrixProduct(features, share, true, false), bias: sum(share, 0) };
  });
}

function trainable(values: Float32Array, shape: number[]): Variable {
  const initial = tensor(values, shape);
  const made = variable(initial);
  initial.dispose();
  return made;
}
