/** What holds for every optimiser. */
import { KindredError, restoreState } from '@kindred/core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import type { NamedParameters, Optimizer } from '../../src/index.js';
import { type Numbers, normals, onBothBackends, read, tensors, variables } from './values.js';

/** Runs a few steps from `initial` with a fresh optimiser and returns what became of it. */
function trained(make: (parameters: NamedParameters) => Optimizer, steps: readonly Numbers[], order = (names: string[]): string[] => names) {
  const initial = normals('initial');
  const parameters = variables(Object.fromEntries(order(Object.keys(initial)).map((name) => [name, initial[name]!])));
  const optimizer = make(parameters);
  for (const step of steps) tf.tidy(() => optimizer.step(tensors(step), 0.1));
  return { parameters, optimizer };
}

const steps = [1, 2, 3, 4].map((step) => normals(step));

export function optimizerContract(name: string, make: (parameters: NamedParameters) => Optimizer): void {
  describe(`${name} as an optimizer`, () => {
    onBothBackends(() => {
      test('goes on exactly where a saved state was taken', () => {
        const whole = trained(make, steps);
        const half = trained(make, steps.slice(0, 2));
        const state = half.optimizer.state();
        const resumed = { parameters: variables(read(half.parameters)), optimizer: undefined as Optimizer | undefined };
        resumed.optimizer = make(resumed.parameters);
        restoreState(resumed.optimizer, state);
        for (const step of steps.slice(2)) tf.tidy(() => resumed.optimizer!.step(tensors(step), 0.1));
        expect(read(resumed.parameters)).toEqual(read(whole.parameters));
        expect(resumed.optimizer.state()).toEqual(whole.optimizer.state());
      });

      test('gives the same bits every time', () => {
        expect(read(trained(make, steps).parameters)).toEqual(read(trained(make, steps).parameters));
      });

      test('goes by names, not by the order of parameters or gradients', () => {
        const backwards = (names: string[]): string[] => names.reverse();
        const turned = steps.map((step) => Object.fromEntries(Object.entries(step).reverse()));
        expect(read(trained(make, turned, backwards).parameters)).toEqual(read(trained(make, steps).parameters));
      });

      test('leaves no tensor behind, and gradients and copies of parameters as they were', () => {
        const { parameters, optimizer } = trained(make, steps.slice(0, 1));
        const gradients = tensors(steps[1]!);
        const copies = Object.fromEntries(Object.entries(parameters).map(([key, value]) => [key, tf.clone<tf.Tensor>(value)]));
        const [before, given] = [read(copies), read(gradients)];
        const count = tf.memory().numTensors;
        optimizer.step(gradients, 0.1);
        optimizer.step(gradients, 0.1);
        expect(tf.memory().numTensors).toBe(count);
        expect(read(gradients)).toEqual(given);
        expect(read(copies)).toEqual(before);
        expect(read(parameters)).not.toEqual(before);
      });

      test('a state is a copy: later steps do not change it', () => {
        const { optimizer } = trained(make, steps.slice(0, 2));
        const state = optimizer.state();
        const text = JSON.stringify(Object.entries(state).map(([key, { values }]) => [key, [...values]]));
        tf.tidy(() => optimizer.step(tensors(steps[2]!), 0.1));
        expect(JSON.stringify(Object.entries(state).map(([key, { values }]) => [key, [...values]]))).toBe(text);
      });

      test('a restored state is a copy too', () => {
        const { optimizer } = trained(make, steps.slice(0, 2));
        const state = optimizer.state();
        const other = trained(make, []).optimizer;
        restoreState(other, state);
        for (const { values } of Object.values(state)) values.fill(7);
        expect(other.state()).toEqual(optimizer.state());
      });

      test('dispose frees all that it made', () => {
        const parameters = variables(normals('initial'));
        const count = tf.memory().numTensors;
        const optimizer = make(parameters);
        tf.tidy(() => optimizer.step(tensors(steps[0]!), 0.1));
        optimizer.dispose();
        expect(tf.memory().numTensors).toBe(count);
      });
    });

    test('a learning rate of 0 leaves the parameters as they are', () => {
      const parameters = variables(normals('initial'));
      const before = read(parameters);
      const optimizer = make(parameters);
      tf.tidy(() => optimizer.step(tensors(steps[0]!), 0));
      expect(read(parameters)).toEqual(before);
    });

    test('refuses a state of other names or shapes, and then has not changed', () => {
      const { optimizer } = trained(make, steps);
      const state = optimizer.state();
      const moment = Object.keys(state).find((key) => key.endsWith('fc.weight'))!;
      const without = Object.fromEntries(Object.entries(state).filter(([key]) => key !== moment));
      const [count, wrong] = [tf.memory().numTensors, { shape: [4, 3], values: new Float32Array(12) }];
      const bad = [without, { ...state, more: state[moment]! }, { ...state, [moment]: wrong }, {}];
      for (const other of bad) expect(() => restoreState(optimizer, other)).toThrow(expect.objectContaining({ name: 'StateError' }));
      const noStep = Object.fromEntries(Object.entries(state).filter(([key]) => !/(^|\.)step$/.test(key)));
      expect(() => restoreState(optimizer, noStep)).toThrow(expect.objectContaining({ name: 'StateError' }));
      expect(optimizer.state()).toEqual(state);
      expect(tf.memory().numTensors).toBe(count);
    });

    test('refuses a missing, unknown or misshapen gradient, and then has not changed', () => {
      const { parameters, optimizer } = trained(make, steps);
      const [before, state] = [read(parameters), optimizer.state()];
      const good = tensors(steps[0]!);
      const { 'fc.weight': weight, ...missing } = good;
      const cases = [missing, { ...good, 'fc.wieght': weight! }, { ...good, 'fc.weight': tf.reshape(weight!, [4, 3]) }];
      for (const gradients of cases) expect(() => optimizer.step(gradients, 0.1)).toThrow(expect.toSatisfy(KindredError.is));
      for (const rate of [NaN, -0.1, Infinity]) expect(() => optimizer.step(good, rate)).toThrow('learningRate');
      expect(read(parameters)).toEqual(before);
      expect(optimizer.state()).toEqual(state);
    });

    test('refuses to work after dispose', () => {
      const { optimizer } = trained(make, []);
      optimizer.dispose();
      expect(() => optimizer.step(tensors(steps[0]!), 0.1)).toThrow('disposed');
      expect(() => optimizer.state()).toThrow('disposed');
    });
  });
}
