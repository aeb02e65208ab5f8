/** The interface of this package's optimisers: parameters by name, and a step that takes the learning rate from the caller. */
import type { Stateful } from '@kindred/core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';

/** Parameters by name, as `flattenParameters` of core lists them. */
export type NamedParameters = Readonly<Record<string, Variable>>;

/** Gradients by the names of their parameters. */
export type NamedGradients = Readonly<Record<string, Tensor>>;

/**
 * Selects parameters by name or shape.
 *
 * @example
 * const parameters = { 'fc.weight': tf.variable(tf.ones([1])), 'conv1.weight': tf.variable(tf.ones([1])) };
 * const gradients = { 'fc.weight': tf.zeros([1]), 'conv1.weight': tf.zeros([1]) };
 * const head = (name: string) => name.startsWith('fc.');
 * sgd({ parameters, momentum: 0, weightDecay: 0.5, exclude: head }).step(gradients, 1);
 * Object.values(parameters).map((variable) => variable.dataSync()[0]); // => [1, 0.5]
 */
export type ParameterFilter = (name: string, variable: Variable) => boolean;

/** Moves parameters along their gradients. Its state is its moments, by parameter name, and the number of steps. */
export interface Optimizer extends Stateful {
  /**
   * One update. The learning rate comes from outside, so any schedule can set it. Gradients stay the caller's; no tensor
   * is left behind.
   *
   * @param gradients One for each parameter, of its shape.
   * @param learningRate A finite number, 0 or above.
   * @throws ArgumentError if a parameter has no gradient, a gradient no parameter, or the learning rate is not such a
   * number; then nothing has changed.
   * @throws ShapeError if a gradient has another shape than its parameter.
   */
  step(gradients: NamedGradients, learningRate: number): void;
  /** Frees the moments. The parameters stay. */
  dispose(): void;
}
