/** How fresh weights are drawn, as PyTorch and torchvision do, and the variables that hold them. */
import type { Random } from '@kindred/core';
import { tensor, variable, type Variable } from '@tensorflow/tfjs-core';

/**
 * A variable that shares its memory with no other tensor.
 *
 * @param trainable False for moving statistics: `tf.variableGrads` then skips them.
 */
export function variableOf(values: Float32Array, shape: number[], trainable = true): Variable {
  const initial = tensor(values, shape);
  const made = variable(initial, trainable);
  initial.dispose();
  return made;
}

/**
 * He normal by fan out: deviation √(2 / (outputs · kernel²)), what torchvision's ResNets draw.
 *
 * @see He et al. 2015, "Delving Deep into Rectifiers", equation 14
 */
export function heNormalFanOut(random: Random, kernel: number, inputs: number, outputs: number): Float32Array {
  const deviation = Math.sqrt(2 / (outputs * kernel * kernel));
  const values = new Float32Array(kernel * kernel * inputs * outputs);
  random.fillNormal(values, deviation);
  return values;
}

/** Uniform over ±1/√inputs: what `torch.nn.Linear` draws for its weight and its bias. */
export function uniformFanIn(random: Random, inputs: number, size: number): Float32Array {
  const bound = 1 / Math.sqrt(inputs);
  return new Float32Array(size).map(() => random.uniform(-bound, bound));
}
