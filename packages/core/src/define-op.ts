/** Operations that a backend may bring a fast kernel for, with one gradient for all backends. */
import {
  engine,
  getBackend,
  getGradient,
  getKernel,
  type NamedTensorMap,
  registerGradient,
  registerKernel,
  type Tensor,
  tidy,
} from '@tensorflow/tfjs-core';
import { freeSpent, ownGradient } from './spent-gradients.js';

/** The fixed settings of one call, plain data. */
export type Attributes = Readonly<Record<string, unknown>>;

/** What an operation computes, and how its gradient does. */
export interface OpDefinition<Attrs extends Attributes> {
  /** The kernel's name in tfjs's registry, unique: `KindredBatchNorm`. */
  readonly name: string;
  /** The operation written in plain tfjs operations: what a backend without a kernel of this name runs. */
  composite(inputs: NamedTensorMap, attributes: Attrs): Tensor[];
  /** Absent where the operation has no gradient. */
  readonly gradient?: {
    /** The inputs that `compute` needs. */
    readonly inputs: readonly string[];
    /** For each output, whether `compute` needs it. */
    readonly outputs?: readonly boolean[];
    /**
     * From the gradients of the outputs and what was saved (inputs, then outputs) to those of the inputs, by name. A
     * function is only called where that input's gradient is wanted: the first convolution's images want none.
     */
    compute(
      gradients: readonly Tensor[],
      saved: readonly Tensor[],
      attributes: Attrs,
    ): Record<string, Tensor | (() => Tensor)>;
  };
}

/** Whether the backend in use has a kernel of this name: for an operation that is several others where it has none. */
export const hasKernel = (name: string): boolean => getKernel(name, getBackend()) !== undefined;

/**
 * Makes an operation that looks for a kernel of its name in tfjs's registry, for the backend in use at each call; where
 * there is none it runs the composite. The gradient is registered once and serves both.
 *
 * @returns A function from inputs and attributes to the operation's outputs.
 *
 * @example
 * const double = defineOp({ name: 'ExampleDouble', composite: ({ x }) => [tf.mul(x!, 2)] });
 * double({ x: tf.scalar(4) }, {})[0]!.arraySync(); // => 8
 */
export function defineOp<Attrs extends Attributes>(
  definition: OpDefinition<Attrs>,
): (inputs: NamedTensorMap, attributes: Attrs) => Tensor[] {
  const { name, gradient } = definition;
  return (inputs, attributes) => {
    const backend = getBackend();
    if (getKernel(name, backend) === undefined) {
      registerKernel({
        kernelName: name,
        backendName: backend,
        kernelFunc: ({ inputs: given, attrs }) =>
          tidy(() => definition.composite(given as NamedTensorMap, attrs as unknown as Attrs)),
      });
    }
    if (gradient !== undefined && getGradient(name) === undefined) {
      registerGradient({
        kernelName: name,
        inputsToSave: [...gradient.inputs],
        outputsToSave: [...(gradient.outputs ?? [])],
        gradFunc: (dy, saved, attrs) => {
          const gradients = Array.isArray(dy) ? dy : [dy];
          freeSpent(gradients, saved);
          const results = gradient.compute(gradients, saved, attrs as unknown as Attrs);
          return Object.fromEntries(
            Object.entries(results).map(([input, result]) => [input, (): Tensor => ownGradient(typeof result === 'function' ? result() : result)]),
          );
        },
      });
    }
    const outputs = engine().runKernel(name, inputs, attributes as never) as Tensor | Tensor[];
    return Array.isArray(outputs) ? outputs : [outputs];
  };
}
