/** A moving average of the weights, which often performs better than the weights themselves. */
import { ArgumentError, checkNames, checkValue, count, type NamedTensors, prefixed, readCount, readTensor, StateError } from '@kindred/core';
import { add, cast, clone, keep, mul, sub, type Tensor, tensor, tidy } from '@tensorflow/tfjs-core';
import type { ChainLink } from './chain.js';
import type { NamedParameters } from './optimizer.js';
import type { Schedule } from './schedules/schedule.js';

export interface AverageWeightsOptions {
  /**
   * What is averaged, by name: the parameters and, for an encoder that is evaluated on its own, its moving statistics too
   * (`{ ...flattenParameters(network.parameters()), ...flattenParameters(network.buffers()) }`).
   */
  readonly variables: NamedParameters;
  /** d, the share of the average that a step keeps, in [0, 1]; a schedule gives it by steps done. Usually 0.99 to 0.9999. */
  readonly decay: number | Schedule;
}

/** The link of an optimiser chain that averages weights. */
export interface WeightAverage extends ChainLink {
  /** Copies of the averages, by the names of the variables. `writeParameters` of core puts them into a network. */
  averages(): NamedTensors;
}

/**
 * After every step `a ← a + (1 − d)·(w − a)`, starting from the weights at the time of the call. The weights themselves
 * are trained as they would be without it. Whole numbers (a count of batches) are not averaged but copied.
 *
 * State: `average.<name>` of each variable, and `steps`.
 *
 * @throws ArgumentError for a decay outside of [0, 1]; for a schedule, at the step that has it.
 *
 * @example
 * const w = tf.variable(tf.tensor1d([1]));
 * const average = averageWeights({ variables: { w }, decay: 0.75 });
 * chain(average, sgd({ parameters: { w }, momentum: 0, weightDecay: 0 })).step({ w: tf.tensor1d([1]) }, 1);
 * average.averages()['w']; // => { shape: [1], values: [0.75] }
 *
 * @see Polyak and Juditsky 1992, "Acceleration of stochastic approximation by averaging"; optax.ema
 */
export function averageWeights({ variables, decay }: AverageWeightsOptions): WeightAverage {
  const names = Object.keys(variables);
  if (names.length === 0) throw new ArgumentError('averageWeights.variables', 'at least one variable', {}, 'Pass flattenParameters(network.parameters()).');
  const share = (step: number): number => {
    const value = typeof decay === 'number' ? decay : decay(step);
    if (!(value >= 0 && value <= 1)) throw new ArgumentError('averageWeights.decay', 'a number in [0, 1]', value, 'It is the share that is kept each step.');
    return value;
  };
  share(0);
  let steps = 0;
  let averages = names.map((name): Tensor => keep(clone(variables[name] as Tensor)));
  let disposed = false;
  const alive = (method: string): void => {
    if (disposed) throw new StateError(`averageWeights.${method}`, 'the average was disposed.', 'Make a new one.');
  };
  const replace = (fresh: readonly Tensor[]): void => {
    averages.forEach((average) => average.dispose());
    averages = fresh.map((average) => keep(average));
  };
  const read = (method: string): NamedTensors => {
    alive(method);
    return Object.fromEntries(names.map((name, i) => [name, readTensor(averages[i]!)]));
  };
  return {
    name: 'averageWeights',
    moved() {
      alive('moved');
      const gained = 1 - share(steps);
      tidy(() =>
        replace(
          averages.map((average, i) => {
            const weight = variables[names[i]!] as Tensor;
            return average.dtype === 'float32' ? add(average, mul(sub(weight, average), gained)) : cast(clone(weight), average.dtype);
          }),
        ),
      );
      steps++;
    },
    averages: () => read('averages'),
    state: () => ({ ...prefixed('average', read('state')), steps: count(steps) }),
    check(state) {
      alive('check');
      const keys = names.map((name) => `average.${name}`);
      checkNames('averageWeights.check', state, [...keys, 'steps']);
      const values = keys.map((key, i) => checkValue(`averageWeights.check.${key}`, state[key], variables[names[i]!]!.shape));
      const saved = readCount('averageWeights.check.steps', state['steps']);
      return () => {
        tidy(() => replace(values.map(({ shape, values: numbers }, i) => tensor(numbers.slice(), [...shape], averages[i]!.dtype))));
        steps = saved;
      };
    },
    dispose() {
      disposed = true;
      averages.forEach((average) => average.dispose());
      averages = [];
    },
  };
}
