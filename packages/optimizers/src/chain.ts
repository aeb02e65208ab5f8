/** An optimiser with what happens before and after its step. */
import { ArgumentError, joinParts, type Stateful } from '@kindred/core';
import { tidy } from '@tensorflow/tfjs-core';
import type { NamedGradients, Optimizer } from './optimizer.js';

/** A link of a chain. What it remembers is saved under its name. */
export interface ChainLink extends Stateful {
  /** Letters, digits and dashes. */
  readonly name: string;
  /** Changes a step's gradients before the optimiser sees them. Runs inside `tidy`; those given stay as they are. */
  transform?(gradients: NamedGradients): NamedGradients;
  /** Called after the optimiser has moved the weights. */
  moved?(): void;
}

/**
 * An optimiser behind links: gradients go through the links in their order, then the optimiser steps, then every link hears
 * that the weights have moved.
 *
 * State: the optimiser's under `optimizer`, each link's under its name.
 *
 * @param links The last of them is the optimiser, for instance `sgd`, or `byGroup` of several.
 * @throws ArgumentError for two links of one name.
 *
 * @example
 * const w = tf.variable(tf.tensor1d([0, 0]));
 * const optimizer = chain(clipByGlobalNorm({ maximum: 1 }), sgd({ parameters: { w }, momentum: 0, weightDecay: 0 }));
 * optimizer.step({ w: tf.tensor1d([3, 4]) }, 1);
 * w.arraySync(); // => [-0.6, -0.8]
 *
 * @see optax.chain
 */
export function chain(...links: readonly [...links: ChainLink[], optimizer: Optimizer]): Optimizer {
  const before = links.slice(0, -1) as ChainLink[];
  const optimizer = links.at(-1) as Optimizer;
  before.forEach(({ name }, i) => {
    if (/^[\w-]+$/.test(name) && name !== 'optimizer' && before.findIndex((other) => other.name === name) === i) return;
    throw new ArgumentError(`chain.links[${i}].name`, "a name of letters, digits and dashes that no other link has, and not 'optimizer'", name);
  });
  return {
    step(gradients, learningRate) {
      tidy(() => optimizer.step(before.reduce((changed, link) => link.transform?.(changed) ?? changed, gradients), learningRate));
      before.forEach((link) => link.moved?.());
    },
    ...joinParts('chain', { ...Object.fromEntries(before.map((link) => [link.name, link])), optimizer }),
  };
}
