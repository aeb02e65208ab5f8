/** Small temperatures and rows that are alike: where a softmax is 0 or 1, and where differences of float32 are nearly nothing. */
import { describe, expect, test } from 'vitest';
import { dcl, dclw, infoNCE, ntXent, supCon } from '../src/index.js';
import { close, closeRows, differences, generic, type LossCase, valueAndGradients } from './contract.js';
import { onEveryBackend } from './support/backends.js';
import * as loops from './support/loops.js';

type Given = Pick<LossCase, 'loss' | 'loops' | 'negatives' | 'own' | 'labels' | 'further'>;

const losses = (temperature: number): Record<string, Given> => ({
  infoNCE: { loss: infoNCE({ temperature }), loops: (x) => loops.infoNCE(x, temperature) },
  'infoNCE, both': { loss: infoNCE({ temperature, direction: 'both' }), loops: (x) => loops.infoNCEBoth(x, temperature) },
  'infoNCE with negatives': { loss: infoNCE({ temperature }), loops: (x) => loops.infoNCE(x, temperature), negatives: true },
  'infoNCE with negatives of their own': { loss: infoNCE({ temperature }), loops: (x) => loops.infoNCE(x, temperature), own: true },
  ntXent: { loss: ntXent({ temperature }), loops: (x) => loops.ntXent(x, temperature) },
  'ntXent of four views': { loss: ntXent({ temperature }), loops: (x) => loops.ntXent(x, temperature), further: 2 },
  dcl: { loss: dcl({ temperature }), loops: (x) => loops.dcl(x, temperature) },
  dclw: { loss: dclw({ temperature, sigma: 0.5 }), loops: (x, at) => loops.dcl(x, temperature, 0.5, at) },
  supCon: { loss: supCon({ temperature }), loops: (x) => loops.supCon(x, temperature), labels: true },
});

const inputs = ['anchors', 'positives', 'negatives', 'own', 'third', 'fourth'] as const;

onEveryBackend(() => {
  describe.each([0.02, 0.005])('τ = %s', (temperature) => {
    test.each(Object.entries(losses(temperature)))('%s and its gradient are those of float64', (_, given) => {
      for (const [seed, size] of [[1, 2], [2, 5], [3, 9]] as const) {
        const numbers = generic(given, seed, size, 3);
        const got = valueAndGradients(given.loss, numbers);
        // a cosine of float32 is off by 6e-8, a score by 6e-8 / τ, and a share of the softmax by as much of itself; where all anchors
        // choose rightly the gradient is what is left of 1 − 1, over τ: it is compared with 0.1 / τ then
        const tolerance = Math.max(2e-5, 5e-7 / temperature);
        close(got.value, given.loops(numbers, numbers), tolerance);
        for (const input of inputs) if (numbers[input]) closeRows(got.gradients[input]!, differences(given.loops, numbers, input, undefined, 1e-7), 5 * tolerance, input, 0.1 / temperature);
      }
    });
  });

  test.each(Object.entries(losses(0.1)))('%s of rows that are all alike costs what it says, and so does its gradient', (_, given) => {
    const numbers = generic(given, 4, 4, 3);
    const one = numbers.anchors[0]!;
    const alike = { ...numbers, ...Object.fromEntries(inputs.flatMap((input) => (numbers[input] ? [[input, numbers[input]!.map(() => one)]] : []))) };
    const got = valueAndGradients(given.loss, alike);
    close(got.value, given.loops(alike, alike), 2e-5);
    for (const input of inputs) if (alike[input]) closeRows(got.gradients[input]!, differences(given.loops, alike, input), 1e-4, input, 0.01);
  });
});

test('of two rows at τ = 0.005, one right and one wrong, the loss is a line', () => {
  // cosines 1 and −1: a wrong anchor costs (1 − (−1)) / τ
  const numbers = { anchors: [[1, 0], [1, 0]], positives: [[1, 0], [-1, 0]] };
  expect(valueAndGradients(infoNCE({ temperature: 0.005 }), numbers).value).toBeCloseTo(400 / 2, 2);
});
