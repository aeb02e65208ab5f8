/** The common part of the optimisers: checks, moments by parameter name, exact state. */
import {
  ArgumentError,
  checkValue,
  count,
  type NamedTensors,
  readCount,
  readTensor,
  StateError,
  type TensorValue,
} from '@kindred/core';
import { keep, type Tensor, tensor, tidy, type Variable, zeros } from '@tensorflow/tfjs-core';
import { checkStep } from './check-step.js';
import type { NamedParameters, Optimizer } from './optimizer.js';

/** Entry i of every list belongs to parameter i. */
export interface UpdateInput {
  readonly parameters: readonly Variable[];
  readonly gradients: readonly Tensor[];
  /** One list for each kind of moment. */
  readonly moments: readonly (readonly Tensor[])[];
  /** 1 for the first update. */
  readonly step: number;
  readonly learningRate: number;
}

/** The updated parameters and moments. All are new tensors. */
export interface UpdateResult {
  readonly parameters: readonly Tensor[];
  readonly moments: readonly (readonly Tensor[])[];
}

/** Makes an optimiser from an update rule. `kinds` are the names of its moments in the state, such as `velocity`. */
export function withMoments(
  where: string,
  parameters: NamedParameters,
  kinds: readonly string[],
  update: (input: UpdateInput) => UpdateResult,
): Optimizer {
  const names = Object.keys(parameters);
  if (names.length === 0) {
    throw new ArgumentError(`${where}.parameters`, 'at least one parameter', {}, 'Pass flattenParameters(network.parameters()).');
  }
  const variables = names.map((name) => parameters[name]!);
  let moments = kinds.map(() => variables.map(({ shape }): Tensor => keep(zeros(shape))));
  let steps = 0;
  let disposed = false;

  const alive = (method: string): void => {
    if (disposed) throw new StateError(`${where}.${method}`, 'the optimizer was disposed.', 'Make a new one.');
  };
  const replace = (fresh: readonly (readonly Tensor[])[]): void => {
    const old = moments;
    moments = fresh.map((list) => list.map((moment) => keep(moment)));
    old.flat().forEach((moment) => moment.dispose());
  };
  /** The name of each moment in the state. */
  const keys = kinds.map((kind) => names.map((name) => `${kind}.${name}`));

  return {
    step(gradients, learningRate) {
      alive('step');
      checkStep(`${where}.step`, parameters, gradients, learningRate);
      tidy(() => {
        const result = update({
          parameters: variables,
          gradients: names.map((name) => gradients[name]!),
          moments,
          step: steps + 1,
          learningRate,
        });
        result.parameters.forEach((value, i) => variables[i]!.assign(value));
        replace(result.moments);
      });
      steps++;
    },
    state() {
      alive('state');
      const values = keys.flatMap((list, kind) => list.map((key, i) => [key, readTensor(moments[kind]![i]!)] as const));
      return Object.fromEntries([...values, ['step', count(steps)]]);
    },
    check(state) {
      alive('check');
      const fresh = readState(`${where}.check`, state, keys, variables);
      const saved = readCount(`${where}.check.step`, state['step']);
      return () => {
        steps = saved;
        tidy(() => replace(fresh.map((list) => list.map(({ shape, values }) => tensor(values.slice(), [...shape], 'float32')))));
      };
    },
    dispose() {
      disposed = true;
      moments.flat().forEach((moment) => moment.dispose());
      moments = [];
    },
  };
}

/** The moments of a state, all checked before any is used. */
function readState(
  where: string,
  state: NamedTensors,
  keys: readonly (readonly string[])[],
  variables: readonly Variable[],
): TensorValue[][] {
  const known = new Set(['step', ...keys.flat()]);
  const extra = Object.keys(state).find((key) => !known.has(key));
  if (extra !== undefined) throw new StateError(where, `the state has no place for ${extra}.`, 'It is of another network or optimizer.');
  readCount(`${where}.step`, state['step']);
  return keys.map((list) => list.map((key, i) => checkValue(`${where}.${key}`, state[key], variables[i]!.shape)));
}
