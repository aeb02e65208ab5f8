import { projectionHead, smallResNet } from '@kindred/backbones';
import { defineLoss, type PositiveStrategy, random, readParameters, type StepOutputs, restoreState } from '@kindred/core';
import { supportSet } from '@kindred/support-set';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { composeMethod, prototypes, type PrototypesOptions, swav } from '../src/index.js';
import { outputs, strategyContract } from './contract.js';
import { dot, rows, tensor, unit } from './support.js';

const base = { count: 5, dimension: 4, epsilon: 0.3, iterations: 3, freezeSteps: 0, random: random(3) };
const make = (options: Partial<PrototypesOptions> = {}): PositiveStrategy => prototypes({ ...base, ...options });
const sets = (count: number, capacity: number): ReturnType<typeof supportSet>[] =>
  Array.from({ length: count }, () => supportSet({ capacity, dimension: 4 }));

strategyContract('prototypes', () => make());
strategyContract('prototypes, frozen, one view gives codes', () => make({ freezeSteps: 3, assignViews: 1 }));
strategyContract('prototypes with a queue that fills in the third step', () => make({ queue: { sets: sets(2, 12), fromStep: 1 } }));

const matrixOf = (strategy: PositiveStrategy): number[][] => (strategy.parameters!()['prototypes'] as tf.Variable).arraySync() as number[][];
/** Prototype k, from the columns of `[D, K]`. */
const columns = (strategy: PositiveStrategy): number[][] =>
  Array.from({ length: base.count }, (_, k) => matrixOf(strategy).map((row) => row[k]!));
const scoresByLoops = (z: number[][], strategy: PositiveStrategy): number[][] => z.map((row) => columns(strategy).map((column) => dot(unit(row), column)));

function codesByLoops(scores: number[][]): number[][] {
  let q = scores.map((row) => row.map((s) => Math.exp(s / base.epsilon)));
  for (let i = 0; i < base.iterations; i++) {
    const totals = q[0]!.map((_, k) => q.reduce((sum, row) => sum + row[k]!, 0));
    q = q.map((row) => row.map((x, k) => x / totals[k]!));
    q = q.map((row) => row.map((x) => x / row.reduce((sum, y) => sum + y, 0)));
  }
  return q;
}
/** The authors' loss: for each view i that gives codes the mean over the others v of the cross-entropy; the mean over i. */
function lossByLoops(z: number[][][], strategy: PositiveStrategy, assignViews: number, temperature: number): number {
  const scores = z.map((view) => scoresByLoops(view, strategy));
  let total = 0;
  for (let i = 0; i < assignViews; i++) {
    const codes = codesByLoops(scores[i]!);
    let others = 0;
    scores.forEach((view, v) => {
      if (v === i) return;
      const terms = view.map((row, n) => {
        const exps = row.map((s) => Math.exp(s / temperature));
        const sum = exps.reduce((a, b) => a + b, 0);
        return -codes[n]!.reduce((entropy, q, k) => entropy + q * Math.log(exps[k]! / sum), 0);
      });
      others += terms.reduce((a, b) => a + b, 0) / terms.length;
    });
    total += others / (scores.length - 1);
  }
  return total / assignViews;
}
const close = (got: readonly number[], expected: readonly number[], digits = 5): void => got.forEach((x, i) => expect(x).toBeCloseTo(expected[i]!, digits));

const stream = random(1);
const encoder = smallResNet({ stem: { channels: 4, kernel: 3, stride: 2 }, widths: [8], blocks: [1], channels: 1, random: stream });
const projector = projectionHead({ input: 8, layers: [8, 4], batchNorm: 'hidden', random: stream.fork('p') });
const stepOf = (z: tf.Tensor2D[]): StepOutputs => ({ projections: z, step: 0, sampleIds: Int32Array.from({ length: z[0]!.shape[0] }, (_, i) => i) });

describe('prototypes', () => {
  test('have length 1 at the start and after a step that changed them', () => {
    const strategy = make();
    const lengths = (): number[] => columns(strategy).map((column) => Math.hypot(...column));
    close(lengths(), [1, 1, 1, 1, 1], 6);
    const matrix = strategy.parameters!()['prototypes'] as tf.Variable;
    const before = columns(strategy);
    matrix.assign(tf.mul(matrix, 3));
    strategy.update(outputs(1));
    close(lengths(), [1, 1, 1, 1, 1], 6);
    close(columns(strategy).flat(), before.flat(), 6);
  });

  test.each([[2, 2], [2, 4], [1, 3], [3, 3]])('%i views give codes to %i: the authors’ loss as loops over numbers', (assignViews, views) => {
    const strategy = make({ assignViews });
    const z = Array.from({ length: views }, (_, v) => rows(30 + v, 6, 4));
    const method = swav({ ...base, encoder, projector, assignViews, temperature: 0.2 });
    const pairs = strategy.select(stepOf(z.map(tensor)));
    expect(pairs.length).toBe(assignViews * (views - 1));
    expect(method.loss(stepOf(z.map(tensor))).arraySync()).toBeCloseTo(lossByLoops(z, strategy, assignViews, 0.2), 5);
  });

  test('of two large crops and three small ones: codes come from the large ones alone, each of the 8 pairs counts an eighth', () => {
    const large = [31, 32].map((seed) => rows(seed, 6, 4));
    const pairsWith = (seeds: number[]) => make({ assignViews: 2 }).select(stepOf([...large, ...seeds.map((seed) => rows(seed, 6, 4))].map(tensor)));
    const [one, other] = [pairsWith([33, 34, 35]), pairsWith([43, 44, 45])];
    expect(one.map(({ weight }) => weight)).toEqual(new Array(8).fill(1 / 8));
    // other small crops: the same codes, which every view but the code's own predicts
    one.forEach(({ positives }, i) => expect(other[i]!.positives.dataSync()).toEqual(positives.dataSync()));
    const predicting = one.map(({ anchors }) => [...anchors.dataSync()]);
    const scores = [...large, ...[33, 34, 35].map((seed) => rows(seed, 6, 4))].map((z) => scoresByLoops(z, make()).flat());
    [1, 2, 3, 4, 0, 2, 3, 4].forEach((v, at) => close(predicting[at]!, scores[v]!));
    const queues = sets(2, 6);
    const queued = make({ queue: { sets: queues, fromStep: 0 } });
    queued.update(stepOf([...large, rows(33, 6, 4)].map(tensor)));
    queues.forEach((set, v) => (set.rows().arraySync() as number[][]).forEach((row, i) => close(row, unit(large[v]![i]!))));
  });

  test('the gradient is that of the loss with codes as constants, for projections and prototypes', () => {
    const strategy = make();
    const method = swav({ ...base, encoder, projector, temperature: 0.5 });
    const [z1, z2] = [rows(31, 4, 4), rows(32, 4, 4)];
    const variable = method.parameters()['strategy'] as { prototypes: tf.Variable };
    const { grads } = tf.variableGrads(() => method.loss(stepOf([tensor(z1), tensor(z2)])), [variable.prototypes]);
    const got = Object.values(grads)[0]!.arraySync() as number[][];
    const codes = [z1, z2].map((z) => codesByLoops(scoresByLoops(z, strategy)));
    const matrix = matrixOf(strategy);
    const at = (p: number[][]): number => {
      const term = (z: number[][], q: number[][]): number =>
        z.reduce((total, row, n) => {
          const s = p[0]!.map((_, k) => dot(unit(row), p.map((line) => line[k]!)) / 0.5);
          const sum = Math.log(s.reduce((a, x) => a + Math.exp(x), 0));
          return total - q[n]!.reduce((a, x, k) => a + x * (s[k]! - sum), 0) / z.length;
        }, 0);
      return (term(z2, codes[0]!) + term(z1, codes[1]!)) / 2;
    };
    const h = 1e-5;
    matrix.forEach((line, d) =>
      line.forEach((_, k) => {
        const moved = (shift: number): number[][] => matrix.map((l, i) => l.map((x, j) => (i === d && j === k ? x + shift : x)));
        expect(got[d]![k]!).toBeCloseTo((at(moved(h)) - at(moved(-h))) / (2 * h), 4);
      }),
    );
    const dz = tf.grad((z) => method.loss(stepOf([z as tf.Tensor2D, tensor(z2)])))(tensor(z1));
    expect(Math.max(...tf.abs(dz).dataSync())).toBeGreaterThan(1e-3);
  });

  test('no gradient reaches them in the first freezeSteps steps, then it does', () => {
    const method = swav({ ...base, freezeSteps: 2, encoder, projector, temperature: 0.5 });
    const { prototypes: variable } = method.parameters()['strategy'] as { prototypes: tf.Variable };
    const largest = [1, 2, 3].map((seed) => {
      const { grads } = tf.variableGrads(() => method.loss(outputs(seed)), [variable]);
      method.update(outputs(seed));
      return Math.max(...tf.abs(Object.values(grads)[0]!).dataSync());
    });
    expect(largest.slice(0, 2)).toEqual([0, 0]);
    expect(largest[2]).toBeGreaterThan(1e-3);
  });

  test('a queue fills from its step on, and takes part in the codes once it is full', () => {
    const queues = sets(2, 12);
    const strategy = make({ queue: { sets: queues, fromStep: 1 } });
    const plain = make();
    const codes = (from: PositiveStrategy, seed: number): number[] => [...from.select(outputs(seed))[0]!.positives.dataSync()];
    strategy.update(outputs(1));
    expect(queues[0]!.filled).toBe(0);
    strategy.update(outputs(2));
    expect(queues.map(({ filled }) => filled)).toEqual([6, 6]);
    close(codes(strategy, 9), codes(plain, 9));
    strategy.update(outputs(3));
    const all = [rows(3, 6, 4), rows(2, 6, 4), rows(9, 6, 4)].flat(); // view 1 of steps 3 and 2, then of this one
    close(codes(strategy, 9), codesByLoops(scoresByLoops(all, strategy)).slice(12).flat());
    const second = [rows(4, 6, 4), rows(3, 6, 4), rows(10, 6, 4)].flat();
    close([...strategy.select(outputs(9))[1]!.positives.dataSync()], codesByLoops(scoresByLoops(second, strategy)).slice(12).flat());
  });

  test('it says how many prototypes are used, and a collapse shows', () => {
    const strategy = make();
    strategy.update(stepOf([tf.ones([6, 4]), tf.ones([6, 4])]));
    expect(strategy.diagnostics!()).toEqual({ prototypesUsed: 1 });
  });

  test('messages', () => {
    expect(() => make({ count: 0 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: prototypes.count: received 0, expected a whole number above 0.]`);
    expect(() => make({ epsilon: -1 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: prototypes.epsilon: received -1, expected a number above 0. SwAV takes 0.05.]`);
    expect(() => make({ freezeSteps: 0.5 })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: prototypes.freezeSteps: received 0.5, expected a whole number of 0 or more.]`);
    expect(() => make({ queue: { sets: sets(1, 12), fromStep: 0 } })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: prototypes.queue.sets: received 1, expected 2, one for each view that gives codes.]`);
    const random1 = supportSet({ capacity: 4, dimension: 4, initial: 'random', random: random(1) });
    expect(() => make({ assignViews: 1, queue: { sets: [random1], fromStep: 0 } })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: prototypes.queue.sets: received "4 rows", expected empty sets. Make them with initial: 'empty': random rows would take part in the codes.]`);
    expect(() => make({ assignViews: 1, queue: { sets: [supportSet({ capacity: 4, dimension: 3 })], fromStep: 0 } })).toThrowErrorMatchingInlineSnapshot(`[ArgumentError: prototypes.queue.sets: received 3, expected dimension 4, the projections'.]`);
    expect(() => make().select(outputs(1, { views: 1 }))).toThrowErrorMatchingInlineSnapshot(`[StateError: prototypes.select: the step has 1 views, at least 2 are needed. Give one augmentation a view.]`);
    expect(() => make().select(outputs(1, { d: 3 }))).toThrowErrorMatchingInlineSnapshot(`[ShapeError: prototypes.select: projections[0] is [6, 3], expected [N, 4]. The projector is of another dimension.]`);
    expect(() => restoreState(make(), {})).toThrowErrorMatchingInlineSnapshot(`[StateError: prototypes.check: the state lacks steps. It is the state of another part or version.]`);
  });
});

describe('views of several sizes', () => {
  const image = (seed: number, side: number): tf.Tensor4D => tf.tensor4d(rows(seed, 3, side * side).flat(), [3, side, side, 1]);
  const crops = (): tf.Tensor4D[] => [image(1, 8), image(2, 6), image(3, 8), image(4, 6)];
  const method = (forward: 'joint' | 'separate') => swav({ ...base, encoder, projector, forward, temperature: 0.2 });
  const values = (forward: 'joint' | 'separate', mode: 'train' | 'eval', views = crops()): number[][] =>
    method(forward).forward(views, mode).projections.map((z) => [...z.dataSync()]);

  test('joint and separate give each view its own projections, in order', () => {
    const [joint, separate] = [values('joint', 'eval'), values('separate', 'eval')];
    expect(joint.length).toBe(4);
    joint.forEach((view, v) => close(view, separate[v]!, 4));
  });

  test('joint shares the heads’ batch statistics over all sizes, the encoder’s over one size', () => {
    const all = crops();
    const [one] = values('joint', 'train', [all[0]!, all[2]!]);
    expect(Math.max(...values('joint', 'train')[0]!.map((x, i) => Math.abs(x - one![i]!)))).toBeGreaterThan(1e-3);
    // a head without statistics sees what the encoder makes of one size alone
    const bare = composeMethod({
      name: 'bare',
      encoder,
      projector: projectionHead({ input: 8, layers: [4], batchNorm: 'none', random: random(4) }),
      strategy: make(),
      loss: defineLoss({ name: 'mean', kind: 'scores' }, ({ anchors }) => tf.mean(anchors) as tf.Scalar),
      forward: 'joint',
    });
    const first = (views: tf.Tensor4D[]): number[] => [...bare.forward(views, 'train').projections[0]!.dataSync()];
    close(first(all), first([all[0]!, all[2]!]), 6);
  });

  test('a loss of them has gradients for all parameters', () => {
    const given = method('joint');
    const variables = Object.values(readParameters(given.parameters())).length;
    const { grads } = tf.variableGrads(() => given.loss({ ...given.forward(crops(), 'train'), step: 0, sampleIds: Int32Array.of(0, 1, 2) }));
    expect(Object.keys(grads).length).toBeGreaterThanOrEqual(variables);
  });
});
