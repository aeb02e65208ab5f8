/** A fully connected layer. */
import { checkShapes, checkWhole, linearProduct, type Network, type Random } from '@kindred/core';
import { add, type Tensor2D, tidy } from '@tensorflow/tfjs-core';
import { uniformFanIn, variableOf } from './initialize.js';

/** The settings of a linear layer. */
export interface LinearOptions {
  /** Length of an input row. */
  readonly inputs: number;
  /** Length of an output row. */
  readonly outputs: number;
  /** Whether a constant is added to each output; true by default. Pointless where batch normalisation follows. */
  readonly bias?: boolean;
  /** Where the initial weights come from. */
  readonly random: Random;
}

/**
 * `x Wᵀ + b`, drawn as in `torch.nn.Linear`: weight and bias uniform over ±1/√inputs.
 *
 * Parameters: `weight`, `[outputs, inputs]` as PyTorch holds it, and `bias`, `[outputs]`.
 *
 * @returns A network of `[N, inputs]` to `[N, outputs]`.
 * @throws ArgumentError for a size that is not whole. When applied: ShapeError for rows of another length.
 *
 * @example
 * linear({ inputs: 4, outputs: 2, random: random(1) }).apply(tf.ones([3, 4]), 'eval').shape; // => [3, 2]
 */
export function linear({ inputs, outputs, bias = true, random }: LinearOptions): Network<Tensor2D, Tensor2D> {
  checkWhole('linear', { inputs, outputs }, 1);
  const weight = variableOf(uniformFanIn(random.fork('weight'), inputs, outputs * inputs), [outputs, inputs]);
  const offset = bias ? variableOf(uniformFanIn(random.fork('bias'), inputs, outputs), [outputs]) : undefined;
  const parameters = offset === undefined ? { weight } : { weight, bias: offset };
  const buffers = {};
  return {
    apply(x) {
      checkShapes('linear', { input: [x, `N ${inputs}`] });
      return tidy((): Tensor2D => {
        const product = linearProduct(x, weight as unknown as Tensor2D, false, true);
        return offset === undefined ? product : add<Tensor2D>(product, offset);
      });
    },
    parameters: () => parameters,
    buffers: () => buffers,
  };
}
