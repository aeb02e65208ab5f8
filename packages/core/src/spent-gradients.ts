/**
 * Frees feature maps while a backward pass goes on. tfjs keeps all gradients that it makes on its way back, and all activations, until the end: twice the
 * memory of the activations. Each is needed once, where the pass reaches the operation that made the map, or took it.
 */
import { engine, type Tensor } from '@tensorflow/tfjs-core';

/** What an operation used: the gradients of its outputs, and what it saved in the forward pass. */
interface Used {
  readonly gradients: readonly Tensor[];
  readonly saved: readonly Tensor[];
}

/** Of the operation that the backward pass of an engine is at. */
const current = new WeakMap<ReturnType<typeof engine>, Used>();
/** Gradients of inputs that `defineOp` has handed to tfjs. */
const handed = new WeakSet<Tensor>();

/**
 * The gradient of an input as it goes to tfjs: a tensor of its own, where an operation gives the same one to two inputs, or what it got itself. (A
 * `tf.customGrad` that does so with tensors of rank 4 must `clone`: one of the two may be gone when the pass needs the other.)
 */
export function ownGradient(gradient: Tensor): Tensor {
  if (gradient.rank !== 4) return gradient;
  const own = handed.has(gradient) || current.get(engine())?.gradients.includes(gradient) ? gradient.clone() : gradient;
  handed.add(own);
  return own;
}

/**
 * Called as a backward pass reaches an operation, with the gradients of its outputs and what it saved: what the operation before used is spent, and
 * disposed. Gradients that a program handed in or keeps stay, and what was saved stays where a gradient of this gradient may be wanted.
 */
export function freeSpent(gradients: readonly Tensor[], saved: readonly Tensor[]): void {
  const { activeScope, gradientDepth } = engine().state;
  const before = current.get(engine());
  const passing = (tensor: Tensor): boolean => !tensor.isDisposed && tensor.scopeId === activeScope.id && !tensor.kept;
  for (const spent of before?.gradients ?? []) if (!gradients.includes(spent) && passing(spent)) spent.dispose();
  for (const spent of before?.saved ?? []) spent.dispose();
  // a pass inside of another's forward pass leaves what was saved to the outer one, which comes by it again
  const ours = gradientDepth === 0 ? saved : [];
  current.set(engine(), { gradients: gradients.filter(({ rank }) => rank === 4), saved: ours.filter(({ rank }) => rank === 4) });
}
