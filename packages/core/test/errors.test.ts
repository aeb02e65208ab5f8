import { expect, test } from 'vitest';
import {
  ArgumentError,
  BackendError,
  DataError,
  DivergenceError,
  KindredError,
  SettingsError,
  ShapeError,
  StateError,
} from '../src/index.js';

const cause = new RangeError('beneath');
const all = [
  new ArgumentError('infoNCE.temperature', 'a number above 0', -1, 'NNCLR trains with 0.1.'),
  new ShapeError('infoNCE', 'positives is [64, 128], expected [N, D] = [64, 256].', { expected: '[N, D]', received: [64, 128], remedy: 'Take both after the head.' }),
  new StateError('supportSet.restore', 'rows is [4, 2], this set holds [4, 3].', 'It is of another size.'),
  new BackendError('pretrain', 'backend wasm lacks Conv2DBackpropFilter.', 'Use webgl.', cause),
  new DataError('a.safetensors', 'is not a whole safetensors file.', 'Write it again.', cause),
  new SettingsError('pretrain.json', ['temprature is not a setting.', 'batchSize is 0.']),
  new DivergenceError('pretrain', 'the loss of step 7 is NaN.', 'Lower the learning rate.'),
];

test('say where, what, and what to do', () => {
  expect(all.map(String)).toMatchInlineSnapshot(`
    [
      "ArgumentError: infoNCE.temperature: received -1, expected a number above 0. NNCLR trains with 0.1.",
      "ShapeError: infoNCE: positives is [64, 128], expected [N, D] = [64, 256]. Take both after the head.",
      "StateError: supportSet.restore: rows is [4, 2], this set holds [4, 3]. It is of another size.",
      "BackendError: pretrain: backend wasm lacks Conv2DBackpropFilter. Use webgl.",
      "DataError: a.safetensors: is not a whole safetensors file. Write it again.",
      "SettingsError: pretrain.json: has 2 problems
      temprature is not a setting.
      batchSize is 0.",
      "DivergenceError: pretrain: the loss of step 7 is NaN. Lower the learning rate.",
    ]
  `);
  expect(String(new SettingsError('pretrain.json', ['batchSize is 0.']))).toMatchInlineSnapshot(`
    "SettingsError: pretrain.json: has 1 problem
      batchSize is 0."
  `);
  expect(String(new StateError('lookup', 'the set is empty.'))).toMatchInlineSnapshot(`"StateError: lookup: the set is empty."`);
});

test('hold their facts as fields', () => {
  expect(all[0]).toMatchObject({ where: 'infoNCE.temperature', expected: 'a number above 0', received: -1, remedy: 'NNCLR trains with 0.1.' });
  expect(all[1]).toMatchObject({ received: [64, 128], expected: '[N, D]' });
  expect([all[3]!.cause, all[4]!.cause]).toEqual([cause, cause]);
  expect((all[5] as SettingsError).problems).toEqual(['temprature is not a setting.', 'batchSize is 0.']);
});

test('are all errors of their own name', () => {
  for (const error of all) {
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe(error.constructor.name);
    expect(error.stack).toContain('errors.test');
    expect(KindredError.is(error)).toBe(true);
  }
});

test('nothing else is recognised', () => {
  for (const other of [new Error('x'), undefined, null, 'text', 7, { where: 'x', message: 'y' }]) expect(KindredError.is(other)).toBe(false);
});

test.each([
  [-1, '-1'],
  [NaN, 'NaN'],
  [undefined, 'undefined'],
  [null, 'null'],
  ['a'.repeat(100), `"${'a'.repeat(57)}..."`],
  [[1, 2], '[1,2]'],
  [{ size: 3 }, '{"size":3}'],
  [Array(100).fill(1), '[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,...'],
  [() => 1, 'a function'],
  [10n, '10'],
  [Symbol('s'), 'Symbol(s)'],
])('shows %o in short, on one line', (value, text) => {
  expect(new ArgumentError('f', 'x', value).message).toBe(`f: received ${text}, expected x.`);
});
