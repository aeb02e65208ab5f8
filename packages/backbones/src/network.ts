/** Networks composed of networks, and what all of them share: saving, restoring, counting and disposing. */
import {
  flattenParameters,
  type Mode,
  type NamedTensors,
  type Network,
  type ParameterTree,
  readParameters,
  writeParameters,
} from '@kindred/core';
import { type Tensor, tidy } from '@tensorflow/tfjs-core';

/** The trees of a network, without its function. */
export type Trees = Pick<Network, 'parameters' | 'buffers'>;

/** The trees of parts, each under its name; parts without any are left out. */
export function treesOf(parts: Readonly<Record<string, Trees>>): Trees {
  const joined = (kind: keyof Trees): ParameterTree =>
    Object.fromEntries(
      Object.entries(parts)
        .map(([name, part]) => [name, part[kind]()] as const)
        .filter(([, tree]) => Object.keys(tree).length > 0),
    );
  const parameters = joined('parameters');
  const buffers = joined('buffers');
  return { parameters: () => parameters, buffers: () => buffers };
}

/** Trees in which the values of some parts count as buffers: nothing trains them. `frozen` names parts of the first level. */
export function freeze({ parameters, buffers }: Trees, frozen: ReadonlySet<string>): Trees {
  if (frozen.size === 0) return { parameters, buffers };
  const of = (still: boolean): ParameterTree => Object.fromEntries(Object.entries(parameters()).filter(([name]) => frozen.has(name) === still));
  const [trained, all] = [of(false), merged(of(true), buffers())];
  return { parameters: () => trained, buffers: () => all };
}

/** Two trees as one; no path is in both. */
const merged = (one: ParameterTree, other: ParameterTree): ParameterTree => {
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  return Object.fromEntries(
    names.map((name) => {
      const [a, b] = [one[name], other[name]];
      return [name, a !== undefined && b !== undefined ? merged(a as ParameterTree, b as ParameterTree) : (a ?? b)!];
    }),
  );
};

/** A link of a chain: a network, or a function without parameters such as `relu`. */
export type Link = Network<never, Tensor> | ((x: never) => Tensor);

/**
 * Applies networks and functions one after the other. The names of the parts are the first part of the parameters' names, so
 * that `{ 0: linear(...), 1: batchNormalization(...), 2: relu }` reads as PyTorch's `nn.Sequential`.
 *
 * @example
 * const head = sequential({ 0: linear({ random: random(1), inputs: 4, outputs: 2 }), 1: relu });
 * Object.keys(flattenParameters(head.parameters())); // => ['0.weight', '0.bias']
 */
export function sequential<Input extends Tensor, Output extends Tensor>(
  links: Readonly<Record<string, Link>>,
): Network<Input, Output> {
  const chain = Object.values(links) as (Network | ((x: Tensor) => Tensor))[];
  const parts = Object.entries(links).filter((entry): entry is [string, Network<never, Tensor>] => typeof entry[1] !== 'function');
  return {
    apply: (input: Input, mode: Mode) =>
      tidy(() => {
        let x: Tensor = input;
        for (const link of chain) x = typeof link === 'function' ? link(x) : link.apply(x, mode);
        return x as Output;
      }),
    ...treesOf(Object.fromEntries(parts)),
  };
}

/**
 * All values of a network by name, parameters and buffers, as copies: what a checkpoint holds.
 *
 * @example
 * Object.keys(networkState(batchNormalization({ channels: 2 }))); // => ['weight', 'bias', 'running_mean', 'running_var']
 */
export function networkState(network: Trees): NamedTensors {
  return { ...readParameters(network.parameters()), ...readParameters(network.buffers()) };
}

/**
 * Restores what `networkState` returned.
 *
 * @param where Names the network in errors.
 * @throws StateError if a name is missing, one is left over, or a shape differs; then nothing has changed.
 *
 * @example
 * const [one, two] = [1, 2].map((seed) => linear({ random: random(seed), inputs: 4, outputs: 2 }));
 * restoreNetwork('two', two!, networkState(one!));
 * networkState(two!)['weight']!.values[0] === networkState(one!)['weight']!.values[0]; // => true
 */
export function restoreNetwork(where: string, network: Trees, state: NamedTensors): void {
  // one tree of both, so that nothing is written before all has been checked
  const all = { ...flattenParameters(network.parameters()), ...flattenParameters(network.buffers()) };
  writeParameters(where, all, state);
}

/**
 * How many numbers a network trains.
 *
 * @example
 * countParameters(linear({ inputs: 4, outputs: 2, random: random(1) })); // => 10
 */
export function countParameters(network: Pick<Network, 'parameters'>): number {
  return Object.values(flattenParameters(network.parameters())).reduce((sum, { size }) => sum + size, 0);
}

/**
 * Frees a network's variables. It must not be used afterwards.
 *
 * @example
 * const before = tf.memory().numTensors;
 * disposeNetwork(linear({ inputs: 4, outputs: 2, random: random(1) }));
 * tf.memory().numTensors - before; // => 0
 */
export function disposeNetwork(network: Trees): void {
  for (const tree of [network.parameters(), network.buffers()]) {
    for (const variable of Object.values(flattenParameters(tree))) variable.dispose();
  }
}

