/** Trees of variables: names as in torchvision, values in and out. */
import { tensor, type Variable } from '@tensorflow/tfjs-core';
import { StateError } from './errors.js';
import type { ParameterTree } from './contracts/encoder.js';
import type { NamedTensors, TensorValue } from './contracts/stateful.js';

/**
 * The variables of a tree by their names joined with dots, in the tree's own order.
 *
 * @example
 * Object.keys(flattenParameters({ conv1: { weight: tf.variable(tf.zeros([1])) } })); // => ['conv1.weight']
 */
export function flattenParameters(tree: ParameterTree): Record<string, Variable> {
  const flat: Record<string, Variable> = {};
  const walk = (node: ParameterTree, path: string): void => {
    for (const [name, child] of Object.entries(node)) {
      const full = path === '' ? name : `${path}.${name}`;
      if (isVariable(child)) flat[full] = child;
      else walk(child, full);
    }
  };
  walk(tree, '');
  return flat;
}

/** Whether a node of a tree is a leaf. By its own mark: two copies of tfjs-core share no classes. */
const isVariable = (node: Variable | ParameterTree): node is Variable =>
  typeof (node as Variable).assign === 'function' && Array.isArray((node as Variable).shape);

/**
 * Copies of the values of a tree's variables, by name.
 *
 * @example
 * readParameters({ fc: { bias: tf.variable(tf.ones([2])) } })['fc.bias']; // => { shape: [2], values: [1, 1] }
 */
export function readParameters(tree: ParameterTree): NamedTensors {
  return Object.fromEntries(
    Object.entries(flattenParameters(tree)).map(([name, variable]) => [name, readTensor(variable)]),
  );
}

/**
 * Assigns values to a tree's variables.
 *
 * @throws StateError where a name is missing, one is left over, or a shape differs; then nothing has changed.
 *
 * @example
 * const bias = tf.variable(tf.zeros([2]));
 * writeParameters('load', { fc: { bias } }, { 'fc.bias': { shape: [2], values: Float32Array.of(5, 6) } });
 * bias.arraySync(); // => [5, 6]
 */
export function writeParameters(where: string, tree: ParameterTree, values: NamedTensors): void {
  const flat = flattenParameters(tree);
  const names = Object.keys(flat);
  const missing = names.filter((name) => !Object.hasOwn(values, name));
  const extra = Object.keys(values).filter((name) => !Object.hasOwn(flat, name));
  if (missing.length > 0 || extra.length > 0) {
    const say = (list: string[]): string => `${list.slice(0, 3).join(', ')}${list.length > 3 ? `, ... (${list.length})` : ''}`;
    const parts = [missing.length > 0 ? `lacks ${say(missing)}` : '', extra.length > 0 ? `has no place for ${say(extra)}` : ''];
    throw new StateError(where, `the state ${parts.filter(Boolean).join(' and ')}.`, 'It is of another network.');
  }
  for (const name of names) checkValue(`${where}.${name}`, values[name]!, flat[name]!.shape);
  for (const name of names) {
    const value = values[name]!;
    const fresh = tensor(value.values.slice(), [...value.shape], flat[name]!.dtype);
    flat[name]!.assign(fresh);
    fresh.dispose();
  }
}

/**
 * A copy of a tensor's values, outside of the backend. Blocks until they are there.
 *
 * @example
 * readTensor(tf.tensor1d([1, 2], 'int32')); // => { shape: [2], values: [1, 2] }
 */
export function readTensor(source: Pick<Variable, 'shape' | 'dtype' | 'dataSync'>): TensorValue {
  const values = source.dataSync();
  return {
    shape: [...source.shape],
    values: source.dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values),
  };
}

/**
 * Checks that a saved value is there, has a shape and fills it, and returns it.
 *
 * @throws StateError where not.
 *
 * @example
 * checkValue('queue.rows', { shape: [1, 2], values: Float32Array.of(3, 4) }, [1, 2]).values; // => [3, 4]
 */
export function checkValue(where: string, value: TensorValue | undefined, shape: readonly number[]): TensorValue {
  if (value === undefined) throw new StateError(where, 'is not in the state.', 'It is of another part or version.');
  if (value.shape.length !== shape.length || value.shape.some((length, axis) => length !== shape[axis])) {
    throw new StateError(where, `the state holds [${value.shape.join(', ')}], this part [${shape.join(', ')}].`, 'It was saved with other sizes.');
  }
  const size = shape.reduce((product, length) => product * length, 1);
  if (value.values.length !== size) {
    throw new StateError(where, `the state holds ${value.values.length} values for the ${size} of [${shape.join(', ')}].`, 'It is damaged.');
  }
  return value;
}
