import { flattenParameters, type Head, random } from '@kindred/core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { disposeNetwork, headPresets, type HeadPreset, networkState, predictionHead, projectionHead } from '../src/index.js';
import { onBackends } from './support/backends.js';
import { still } from './support/still.js';

const names = (head: Head): string[] => Object.keys(flattenParameters(head.parameters()));

describe('layers', () => {
  test("'all' normalises after every layer, the output's too, and has no bias of Linear", () => {
    const head = projectionHead({ input: 5, layers: [4, 3, 2], batchNorm: 'all', random: random(1) });
    expect(names(head)).toEqual([
      '0.weight', '1.weight', '1.bias', '3.weight', '4.weight', '4.bias', '6.weight', '7.weight', '7.bias',
    ]);
    expect(head.dimension).toBe(2);
    disposeNetwork(head);
  });

  test("'hidden' leaves the output alone, with a bias unless told otherwise", () => {
    const head = projectionHead({ input: 5, layers: [4, 2], batchNorm: 'hidden', random: random(1) });
    expect(names(head)).toEqual(['0.weight', '1.weight', '1.bias', '3.weight', '3.bias']);
    const bare = projectionHead({ input: 5, layers: [4, 2], batchNorm: 'hidden', outputBias: false, random: random(1) });
    expect(names(bare)).toEqual(['0.weight', '1.weight', '1.bias', '3.weight']);
    [head, bare].forEach(disposeNetwork);
  });

  test("'none' is Linear and ReLU, all with bias", () => {
    const head = projectionHead({ input: 5, layers: ['input', 2], batchNorm: 'none', random: random(1) });
    expect(names(head)).toEqual(['0.weight', '0.bias', '2.weight', '2.bias']);
    expect(networkState(head)['0.weight']!.shape).toEqual([5, 5]);
    disposeNetwork(head);
  });

  test.each([
    [true, ['3.weight', '4.weight', '4.bias']],
    ['scale-only' as const, ['3.weight', '4.weight']],
    [false, ['3.weight']],
  ])('outputAffine %s leaves %j of the last layer', (outputAffine, last) => {
    const head = projectionHead({ input: 5, layers: [4, 2], batchNorm: 'all', outputAffine, random: random(1) });
    expect(names(head).slice(3)).toEqual(last);
    disposeNetwork(head);
  });
});

onBackends('values', () => {
  test('a projection head is Linear, BN, ReLU, Linear, BN: by numbers, in both modes', () => {
    const head = projectionHead({ input: 3, layers: [4, 2], batchNorm: 'all', outputAffine: 'scale-only', random: random(4) });
    const rows = [[0.3, -1, 2], [1.5, 0.2, -0.7], [-0.4, 0.9, 0.1], [2, -2, 1]];
    // before any training the moving statistics are 0 and 1: eval divides by sqrt(1 + 1e-5)
    for (const mode of ['eval', 'train'] as const) {
      const state = networkState(head);
      const found = tf.tidy(() => head.apply(tf.tensor2d(rows), mode).arraySync());
      let values = rows;
      for (const [i, weight] of [state['0.weight']!, state['3.weight']!].entries()) {
        const [outputs, inputs] = weight.shape as [number, number];
        values = values.map((row) =>
          Array.from({ length: outputs }, (_, o) => row.reduce((sum, x, k) => sum + x * weight.values[o * inputs + k]!, 0)),
        );
        const column = (c: number): number[] => values.map((row) => row[c]!);
        const mean = (list: number[]): number => list.reduce((sum, x) => sum + x, 0) / list.length;
        const statistics = Array.from({ length: outputs }, (_, c) => {
          const m = mode === 'eval' ? 0 : mean(column(c));
          return { m, v: mode === 'eval' ? 1 : mean(column(c).map((x) => (x - m) ** 2)) };
        });
        values = values.map((row) => row.map((x, c) => (x - statistics[c]!.m) / Math.sqrt(statistics[c]!.v + 1e-5)));
        if (i === 0) values = values.map((row) => row.map((x) => Math.max(x, 0)));
      }
      found.forEach((row, n) => row.forEach((value, d) => expect(value).toBeCloseTo(values[n]![d]!, 4)));
    }
    disposeNetwork(head);
  });

  test('a head leaves no tensor, also in a gradient step over rows', () => {
    const head = predictionHead({ input: 3, hidden: 8, output: 3, random: random(1) });
    const x = tf.ones<tf.Rank.R2>([4, 3]);
    const variables = Object.values(flattenParameters(head.parameters()));
    const count = tf.memory().numTensors;
    head.apply(x, 'eval').dispose();
    const { value, grads } = tf.variableGrads(() => tf.sum(head.apply(x, 'train')) as tf.Scalar, variables);
    expect(Object.keys(grads)).toHaveLength(5);
    tf.dispose([value, grads]);
    expect(tf.memory().numTensors).toBe(count);
    x.dispose();
    disposeNetwork(head);
  });
});

describe('presets', () => {
  const rows = Object.entries(headPresets) as [string, HeadPreset][];
  test.each(rows)('%s builds, and its prediction fits its projection', (_, { projection, prediction, source }) => {
    expect(source).toMatch(/\w{4}/);
    // as published save for the widths: eight times narrower builds in no time
    const narrow = (width: number | 'input'): number | 'input' => (width === 'input' ? width : width / 8);
    const projector = projectionHead({ input: 64, ...projection, layers: projection.layers.map(narrow), random: still });
    expect(prediction === undefined || prediction.output === projector.dimension * 8).toBe(true);
    disposeNetwork(projector);
  });

  test('the paper of NNCLR: three layers of 2048, 2048, 256 and a prediction through 4096', () => {
    const { projection, prediction } = headPresets.nnclrPaper;
    expect([...projection.layers, prediction.hidden, prediction.output]).toEqual([2048, 2048, 256, 4096, 256]);
  });
});

test('wrong settings are refused by name', () => {
  const settings = { input: 5, layers: [4, 2], batchNorm: 'all', random: random(1) } as const;
  expect(() => projectionHead({ ...settings, layers: [] })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: projectionHead.layers: received [], expected at least one layer.]`);
  expect(() => projectionHead({ ...settings, layers: [4, 0] })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: projectionHead.layers[1]: received 0, expected a whole number above 0.]`);
  expect(() => projectionHead({ ...settings, batchNorm: 'yes' as 'all' })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: projectionHead.batchNorm: received "yes", expected 'all', 'hidden' or 'none'.]`);
  expect(() => projectionHead({ ...settings, input: Number.NaN })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: projectionHead.input: received NaN, expected a whole number above 0.]`);
});
