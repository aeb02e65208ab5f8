/** Finds the backbone in the weights of another program, whose names carry that program's prefixes. */
import { ArgumentError, flattenParameters, type NamedTensors, StateError, type TensorValue } from '@kindred/core';
import type { Trees } from './network.js';

/** A part of a file of weights. */
export interface TorchBackbone {
  /** The network's values, under its own names: what `importTorch` takes. */
  readonly tensors: NamedTensors;
  /** The prefix of its names in the file, such as `module.encoder_q.`; empty if its names are the network's own. */
  readonly prefix: string;
  /** Names in the file that belong to something else: heads, prototypes, a momentum encoder, the counters of batch norm. */
  readonly skipped: readonly string[];
}

/**
 * Finds a network in the weights of a larger program: MoCo's `module.encoder_q.`, SwAV's `module.`, solo-learn's
 * `backbone.`, Lightning's `model.encoder.`, whatever the prefix is under which the file has every name of the network.
 *
 * @param prefix Which prefix to take, if several fit (a network and its momentum encoder).
 * @throws StateError if no prefix has all names, or more than one has. ArgumentError for a prefix that lacks a name.
 *
 * @example
 * const layer = linear({ inputs: 1, outputs: 1, random: random(1) });
 * const value = { shape: [1], values: Float32Array.of(7) };
 * const file = { 'module.head.weight': value, 'module.encoder.weight': { ...value, shape: [1, 1] }, 'module.encoder.bias': value };
 * const { tensors, prefix } = torchBackbone(file, layer);
 * prefix; // => 'module.encoder.'
 * importTorch(layer, tensors).skipped; // => []
 */
export function torchBackbone(file: NamedTensors, network: Trees, prefix?: string): TorchBackbone {
  const names = namesOf(network);
  const found = prefixesOf(file, names);
  if (prefix !== undefined && !found.includes(prefix)) {
    throw new ArgumentError('torchBackbone.prefix', found.length > 0 ? `one of ${listed(found)}` : `a prefix with ${names[0]} and all other names of the network`, prefix);
  }
  if (prefix === undefined && found.length !== 1) {
    const held = Object.keys(file).slice(0, 3).join(', ');
    throw found.length === 0
      ? new StateError('torchBackbone', `under no prefix does the file hold all names of the network (${names[0]}, ...), but ${held === '' ? 'nothing' : `${held}, ...`}.`, 'Build the network with the depth and stem of the file.')
      : new StateError('torchBackbone', `the file holds the network ${found.length} times: under ${listed(found)}.`, 'Pass the prefix that is meant; the first is mostly the network that was trained.');
  }
  const own = prefix ?? found[0]!;
  const tensors: Record<string, TensorValue> = {};
  for (const name of names) tensors[name] = file[own + name]!;
  const taken = new Set(names.map((name) => own + name));
  return { tensors, prefix: own, skipped: Object.keys(file).filter((name) => !taken.has(name)) };
}

/** The names of a network's parameters and buffers. */
export const namesOf = (network: Trees): string[] => Object.keys({ ...flattenParameters(network.parameters()), ...flattenParameters(network.buffers()) });

/** The prefixes under which a file has all of the names, in the file's order. */
export function prefixesOf(file: NamedTensors, names: readonly string[]): string[] {
  const [first] = names;
  if (first === undefined) return [];
  return Object.keys(file)
    .filter((name) => name === first || name.endsWith(`.${first}`))
    .map((name) => name.slice(0, name.length - first.length))
    .filter((prefix) => names.every((name) => Object.hasOwn(file, prefix + name)));
}

const listed = (prefixes: readonly string[]): string => prefixes.map((prefix) => (prefix === '' ? 'no prefix' : `'${prefix}'`)).join(', ');
