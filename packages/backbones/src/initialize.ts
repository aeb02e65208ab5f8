/** How fresh weights are drawn, as PyTorch and torchvision do, and the variables that hold them. */
import { ArgumentError, type Random } from '@kindred/core';
import { tensor, variable, type Variable } from '@tensorflow/tfjs-core';

/**
 * A variable of its own memory.
 *
 * @param trainable False for moving statistics: `tf.variableGrads` passes them over.
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
  // Box-Muller by pairs: half the draws of Random.normal, for 11 million weights of a ResNet-18
  for (let i = 0; i < values.length; i += 2) {
    const radius = deviation * Math.sqrt(-2 * Math.log((random.uint32() + 0.5) / 2 ** 32));
    const angle = (2 * Math.PI * random.uint32()) / 2 ** 32;
    values[i] = radius * Math.cos(angle);
    // past the end of an odd length nothing is written
    values[i + 1] = radius * Math.sin(angle);
  }
  return values;
}

/** Uniform over ±1/√inputs: what `torch.nn.Linear` draws for its weight and its bias. */
export function uniformFanIn(random: Random, inputs: number, size: number): Float32Array {
  const bound = 1 / Math.sqrt(inputs);
  return new Float32Array(size).map(() => random.uniform(-bound, bound));
}

/** Checks sizes that must be whole and at least `least`. @throws ArgumentError that names the first which is not. */
export function checkSizes(where: string, sizes: Readonly<Record<string, number>>, least = 1): void {
  for (const [name, size] of Object.entries(sizes)) {
    if (Number.isSafeInteger(size) && size >= least) continue;
    throw new ArgumentError(`${where}.${name}`, `a whole number of at least ${least}`, size);
  }
}
