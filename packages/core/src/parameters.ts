/** Trees of variables: names as in torchvision, reading and writing of values. */
import { tensor, type Variable } from '@tensorflow/tfjs-core';
import { StateError } from './errors.js';
import type { ParameterTree } from './contracts/encoder.js';
import type { NamedTensors, Restore, TensorValue } from './contracts/stateful.js';
import { checkNames } from './life-cycle.js';

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

/** Whether a node of a tree is a leaf. Recognised by a field, since two copies of tfjs-core share no classes. */
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
 * Checks values for a tree's variables and changes nothing. The returned function assigns them.
 *
 * @throws StateError if a name is missing, one is left over, or a shape differs.
 *
 * @example
 * const bias = tf.variable(tf.zeros([2]));
 * const write = checkParameters('load', { fc: { bias } }, { 'fc.bias': { shape: [2], values: Float32Array.of(5, 6) } });
 * const before = bias.arraySync();
 * write();
 * [before, bias.arraySync()]; // => [[0, 0], [5, 6]]
 */
export function checkParameters(where: string, tree: ParameterTree, values: NamedTensors): Restore {
  const flat = flattenParameters(tree);
  const names = Object.keys(flat);
  checkNames(where, values, names, 'It is of another network.');
  for (const name of names) checkValue(`${where}.${name}`, values[name]!, flat[name]!.shape);
  return () => {
    for (const name of names) {
      const value = values[name]!;
      const fresh = tensor(value.values.slice(), [...value.shape], flat[name]!.dtype);
      flat[name]!.assign(fresh);
      fresh.dispose();
    }
  };
}

/**
 * Assigns values to a tree's variables.
 *
 * @throws StateError if a name is missing, one is left over, or a shape differs; then nothing has changed.
 *
 * @example
 * const bias = tf.variable(tf.zeros([2]));
 * writeParameters('load', { fc: { bias } }, { 'fc.bias': { shape: [2], values: Float32Array.of(5, 6) } });
 * bias.arraySync(); // => [5, 6]
 */
export function writeParameters(where: string, tree: ParameterTree, values: NamedTensors): void {
  checkParameters(where, tree, values)();
}

/**
 * Frees the variables of a tree. A second call does nothing.
 *
 * @example
 * const bias = tf.variable(tf.zeros([2]));
 * disposeParameters({ fc: { bias } });
 * bias.isDisposed; // => true
 */
export function disposeParameters(tree: ParameterTree): void {
  for (const variable of Object.values(flattenParameters(tree))) if (!variable.isDisposed) variable.dispose();
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
 * @throws StateError otherwise.
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
