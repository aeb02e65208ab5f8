/** Several optimisers as one: groups of parameters with their own rule or learning rate. */
import { ArgumentError, joinParts } from '@kindred/core';
import { checkStep } from './check-step.js';
import type { NamedParameters, Optimizer, ParameterFilter } from './optimizer.js';

/** A group of parameters, and how it is trained. */
export interface ParameterGroup {
  /** Its name in the state: letters, digits and dashes. */
  readonly name: string;
  /** Which parameters it takes, of those that no group before it has taken. */
  readonly takes: ParameterFilter;
  /** Makes the optimiser that trains them. */
  readonly optimizer: (parameters: NamedParameters) => Optimizer;
  /** Its learning rate, from the step's. Default: the step's. */
  readonly rate?: (learningRate: number) => number;
}

/**
 * Trains each group of parameters with its own optimiser. A group gets what the groups before it have left, and must get
 * something.
 *
 * State: that of each optimiser, prefixed with the name of its group.
 *
 * @throws ArgumentError for a parameter that no group takes, a group that takes none, or two groups with the same name.
 *
 * @example
 * const parameters = { 'predictor.weight': tf.variable(tf.scalar(0)), 'encoder.weight': tf.variable(tf.scalar(0)) };
 * const optimizer = (some: NamedParameters) => sgd({ parameters: some, momentum: 0, weightDecay: 0 });
 * const simsiam = byGroup(parameters, [
 *   { name: 'predictor', takes: (name) => name.startsWith('predictor.'), optimizer, rate: () => 1 }, // whatever the schedule says
 *   { name: 'rest', takes: () => true, optimizer },
 * ]);
 * simsiam.step({ 'predictor.weight': tf.scalar(1), 'encoder.weight': tf.scalar(1) }, 0.5);
 * Object.values(parameters).map((weight) => weight.dataSync()[0]); // => [-1, -0.5]
 *
 * @see Chen & He 2021, SimSiam (`fix-pred-lr`); Zbontar et al. 2021, Barlow Twins (biases at a rate of their own)
 */
export function byGroup(parameters: NamedParameters, groups: readonly ParameterGroup[]): Optimizer {
  const taken = new Set<string>();
  const parts = groups.map(({ name, takes, optimizer, rate = (step: number) => step }, i) => {
    if (!/^[\w-]+$/.test(name) || groups.findIndex((other) => other.name === name) !== i) {
      throw new ArgumentError(`byGroup.groups[${i}].name`, 'a name of letters, digits and dashes that no other group has', name);
    }
    const own = Object.entries(parameters).filter(([key, variable]) => !taken.has(key) && takes(key, variable));
    if (own.length === 0) {
      throw new ArgumentError(`byGroup.groups.${name}`, 'at least one parameter', 0, 'Leave the group out, or put it before the one that takes its parameters.');
    }
    own.forEach(([key]) => taken.add(key));
    return { name, rate, names: own.map(([key]) => key), optimizer: optimizer(Object.fromEntries(own)) };
  });
  const left = Object.keys(parameters).find((key) => !taken.has(key));
  if (left !== undefined) {
    throw new ArgumentError('byGroup.parameters', 'parameters that a group takes', left, 'Let the last group take all: takes: () => true.');
  }

  return {
    step(gradients, learningRate) {
      // all are checked before the first group moves
      checkStep('byGroup.step', parameters, gradients, learningRate);
      const rates = parts.map(({ name, rate }) => checkRate(name, rate(learningRate)));
      parts.forEach(({ names, optimizer }, i) => optimizer.step(Object.fromEntries(names.map((key) => [key, gradients[key]!])), rates[i]!));
    },
    ...joinParts('byGroup', Object.fromEntries(parts.map(({ name, optimizer }) => [name, optimizer]))),
  };
}

function checkRate(name: string, rate: number): number {
  if (!(Number.isFinite(rate) && rate >= 0)) throw new ArgumentError(`byGroup.groups.${name}.rate`, 'a finite number, 0 or above, at every step', rate);
  return rate;
}
