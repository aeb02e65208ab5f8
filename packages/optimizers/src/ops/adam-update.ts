/** One step of AdamW for all parameters at once, which a backend may have a kernel for. */
import { defineOp } from '@kindred/core';
import { add, div, mul, sqrt, square, sub, type Tensor, tidy } from '@tensorflow/tfjs-core';
import { spread } from './lists.js';

interface Attributes {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** 1 for the first update. */
  readonly step: number;
  /** Of each parameter. */
  readonly weightDecay: readonly number[];
  readonly [name: string]: unknown;
}

/**
 * `KindredAdamUpdate`: inputs `parameter.i`, `first.i`, `second.i`, `gradient.i`; outputs parameter, first and second of
 * each. Both moments are used up: a kernel may overwrite their memory if nothing else holds it.
 */
const kernel = defineOp<Attributes>({
  name: 'KindredAdamUpdate',
  composite(inputs, { learningRate, beta1, beta2, epsilon, step, weightDecay }) {
    const rate = learningRate / (1 - beta1 ** step);
    const correction = 1 / Math.sqrt(1 - beta2 ** step);
    return weightDecay.flatMap((decay, i) =>
      tidy(() => {
        const [w, g] = [inputs[`parameter.${i}`]!, inputs[`gradient.${i}`]!];
        const first = add(mul(inputs[`first.${i}`]!, beta1), mul(g, 1 - beta1));
        const second = add(mul(inputs[`second.${i}`]!, beta2), mul(square(g), 1 - beta2));
        const decayed = decay === 0 ? w : mul(w, 1 - learningRate * decay);
        const direction = div(first, add(mul(sqrt(second), correction), epsilon));
        return [sub(decayed, mul(direction, rate)), first, second];
      }),
    );
  },
});

/** Algorithm 2 of Loshchilov and Hutter 2019, with the decay scaled by the learning rate as in PyTorch. */
export function adamUpdate(
  parameters: readonly Tensor[],
  first: readonly Tensor[],
  second: readonly Tensor[],
  gradients: readonly Tensor[],
  attributes: Attributes,
): { parameters: Tensor[]; first: Tensor[]; second: Tensor[] } {
  const outputs = kernel(spread({ parameter: parameters, first, second, gradient: gradients }), attributes);
  return {
    parameters: outputs.filter((_, i) => i % 3 === 0),
    first: outputs.filter((_, i) => i % 3 === 1),
    second: outputs.filter((_, i) => i % 3 === 2),
  };
}
