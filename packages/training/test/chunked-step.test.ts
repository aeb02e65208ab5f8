import { linear, predictionHead, projectionHead, smallResNet } from '@kindred/backbones';
import { type Encoder, flattenParameters, type Head, type PositiveStrategy, random, readParameters, relu, type StepOutputs } from '@kindred/core';
import { negativeCosine } from '@kindred/losses';
import { barlowTwins, byol, composeMethod, type Method, mocoV2, momentumNetwork, nnclr, otherView, simclr, simsiam, vicReg } from '@kindred/methods';
import type { Optimizer } from '@kindred/optimizers';
import { supportSet } from '@kindred/support-set';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { trainStep, type TrainStepInput } from '../src/index.js';
import { smallMethod, smallOptimizer } from './support.js';

const size = 12;
// images that differ in more than noise: of noise alone the mean of a map is nearly the same in all, and gradients are what rounding leaves
const patterns = tf.image.resizeNearestNeighbor(tf.randomUniform([size, 2, 2, 1], -2, 2, 'float32', 9) as tf.Tensor4D, [6, 6]);
const views = [1, 2, 3].map((seed) => tf.add(patterns, tf.randomUniform([size, 6, 6, 1], 0, 1, 'float32', seed)) as tf.Tensor4D);
const sampleIds = Int32Array.from({ length: size }, (_, i) => 50 + i);
const labels = sampleIds.map((id) => id % 3);

/** A convolutional network in which no row meets another. */
function rowwise(seed: number): Encoder {
  const kernel = tf.variable(tf.randomNormal([3, 3, 1, 6], 0, 0.5, 'float32', seed)) as unknown as tf.Tensor4D & tf.Variable;
  const last = linear({ inputs: 6, outputs: 5, bias: true, random: random(seed) });
  return {
    dimension: 5,
    apply: (images, mode) =>
      tf.tidy(() => last.apply(tf.mean(relu(tf.conv2d(images, kernel, 1, 'valid')), [1, 2]) as tf.Tensor2D, mode)),
    parameters: () => ({ kernel, last: last.parameters() }),
    buffers: () => ({}),
  };
}
// a bias that batch statistics take away again (Barlow Twins) has no gradient to compare
const head = (seed: number, outputBias = true): Head =>
  projectionHead({ input: 5, layers: [8, 4], batchNorm: 'none', outputBias, random: random(seed) });
const predictor = (seed: number): Head => projectionHead({ input: 4, layers: [6, 4], batchNorm: 'none', random: random(seed) });
const queue = (capacity: number, dimension = 4): ReturnType<typeof supportSet> => supportSet({ capacity, dimension, initial: 'random', random: random(8) });

/** The networks of a method with a momentum encoder, whose target is not the online network. */
function withMomentum() {
  const [encoder, projector] = [rowwise(1), head(2)];
  const momentum = momentumNetwork({ online: { encoder, projector }, target: { encoder: rowwise(3), projector: head(4) }, decay: () => 0.9 });
  flattenParameters(projector.parameters())['0.weight']!.assign(tf.randomNormal([8, 5], 0, 1, 'float32', 9));
  return { encoder, projector, momentum };
}

/** What prototypes are: a part of the loss that learns. */
function scaledPositives(): Method {
  const inner = otherView({ directions: 'once' });
  const weight = tf.variable(tf.randomNormal([4, 4], 0, 1, 'float32', 6));
  const strategy: PositiveStrategy = {
    ...inner,
    parameters: () => ({ weight }),
    select: (outputs) => inner.select(outputs).map((pair) => ({ ...pair, positives: tf.matMul(pair.positives, weight as unknown as tf.Tensor2D) })),
  };
  return composeMethod({ name: 'learned', encoder: rowwise(1), projector: head(2), strategy, loss: negativeCosine() });
}

const methods: Readonly<Record<string, () => Method>> = {
  SimCLR: () => simclr({ encoder: rowwise(1), projector: head(2), temperature: 0.3 }),
  NNCLR: () => nnclr({ encoder: rowwise(1), projector: head(2), predictor: predictor(3), support: queue(20), temperature: 0.2 }),
  'NNCLR, neighbours found by features': () =>
    nnclr({ encoder: rowwise(1), projector: head(2), predictor: predictor(3), support: queue(20), features: queue(20, 5), temperature: 0.2 }),
  'NNCLR with straight-through neighbours': () =>
    nnclr({ encoder: rowwise(1), projector: head(2), support: queue(20), temperature: 0.2, variant: 'keras' }),
  'MoCo v2': () => mocoV2({ ...withMomentum(), queue: queue(24), temperature: 0.2 }),
  BYOL: () => byol({ ...withMomentum(), predictor: predictor(5) }),
  SimSiam: () => simsiam({ encoder: rowwise(1), projector: head(2), predictor: predictor(5) }),
  'Barlow Twins': () => barlowTwins({ encoder: rowwise(1), projector: head(2, false), lambda: 0.01 }),
  VICReg: () => vicReg({ encoder: rowwise(1), projector: head(2, false), invariance: 25, variance: 25, covariance: 1 }),
  'a strategy that learns': scaledPositives,
};

interface Seen {
  readonly loss: number;
  readonly gradients: Record<string, Float32Array>;
  readonly after: unknown;
}

/** One step whose optimiser only looks. */
function seen(method: Method, input: Partial<TrainStepInput> = {}): Seen {
  const gradients: Record<string, Float32Array> = {};
  const optimizer: Optimizer = {
    step: (given) => Object.entries(given).forEach(([name, tensor]) => (gradients[name] = Float32Array.from(tensor.dataSync()))),
    state: () => ({}),
    check: () => () => undefined,
    dispose: () => undefined,
  };
  const loss = trainStep({ method, optimizer, views: views.slice(0, 2), sampleIds, labels, learningRate: 0, ...input });
  return { loss, gradients, after: { buffers: readParameters(method.buffers()), state: method.state() } };
}

/** The largest difference in parts of the largest value, over all parameters, and where. */
function apart(one: Seen, other: Seen): { by: number; where: string } {
  expect(Object.keys(other.gradients)).toEqual(Object.keys(one.gradients));
  const largestOf = (values: Float32Array): number => Math.max(...values.map(Math.abs));
  const most = Math.max(...Object.values(one.gradients).map(largestOf));
  return Object.entries(one.gradients)
    .map(([where, values]) => {
      expect(largestOf(values), where).toBeGreaterThan(1e-6);
      // terms of a bias behind the last layer nearly cancel out: what is left is compared with the gradients around it
      const largest = Math.max(largestOf(values), most / 100);
      return { by: Math.max(...values.map((x, i) => Math.abs(x - other.gradients[where]![i]!))) / largest, where };
    })
    .reduce((worst, each) => (each.by > worst.by ? each : worst));
}

describe('a step in chunks has the gradients of the whole batch where no row of a network meets another', () => {
  test.each(Object.entries(methods))('%s', (_, make) => {
    const whole = seen(make());
    for (const chunkSize of [1, 4, 6]) {
      const chunked = seen(make(), { chunkSize });
      expect(chunked.loss).toBeCloseTo(whole.loss, 5);
      const { by, where } = apart(whole, chunked);
      // float32: the sum over rows in another order
      expect(by, `${where}, chunks of ${chunkSize}`).toBeLessThan(3e-5);
    }
  });

  test('three views', () => {
    // a look-up for each pair of views; all views in one loss
    for (const make of [methods['NNCLR']!, methods['SimCLR']!]) {
      const { by, where } = apart(seen(make(), { views }), seen(make(), { views, chunkSize: 3 }));
      expect(by, where).toBeLessThan(1e-5);
    }
  });

  test('one chunk is the whole batch, bit for bit', () => {
    expect(seen(methods['NNCLR']!(), { chunkSize: size })).toEqual(seen(methods['NNCLR']!()));
  });

  test('the queue and the momentum encoder end where those of a whole step do', () => {
    const state = (input: Partial<TrainStepInput>): Record<string, { values: ArrayLike<number> }> =>
      (seen(methods['MoCo v2']!(), input).after as { state: Record<string, { values: ArrayLike<number> }> }).state;
    const [whole, chunked] = [state({}), state({ chunkSize: 4 })];
    Object.entries(whole).forEach(([name, { values }]) =>
      Array.from(values).forEach((x, i) => expect(chunked[name]!.values[i], name).toBeCloseTo(x, 5)),
    );
  });

  test('the method\'s own numbers are of the whole batch', () => {
    const [one, other] = [methods['NNCLR']!(), methods['NNCLR']!()];
    seen(one);
    seen(other, { chunkSize: 3 });
    expect(other.diagnostics()).toEqual(one.diagnostics());
  });
});

describe('with batch norm', () => {
  const normalised = (forward: 'joint' | 'separate'): Method => {
    const stream = random(1);
    return nnclr({
      encoder: smallResNet({ stem: { channels: 4, kernel: 3, stride: 2 }, widths: [4], blocks: [1], channels: 1, random: stream }),
      projector: projectionHead({ input: 4, layers: [8, 4], batchNorm: 'hidden', outputBias: false, random: stream.fork('p') }),
      predictor: predictionHead({ input: 4, hidden: 8, output: 4, random: stream.fork('q') }),
      support: queue(20),
      temperature: 0.2,
      forward,
    });
  };
  /** The chunks side by side in one gradient scope: what the chunked step has to be the gradient of. */
  function ghost(method: Method, chunkSize: number): Seen {
    const parameters = flattenParameters(method.parameters());
    const start = readParameters(method.buffers());
    const moved: Record<string, number[]> = {};
    const buffers = flattenParameters(method.buffers());
    const { value, grads } = tf.variableGrads(() => {
      const parts = Array.from({ length: size / chunkSize }, (_, i) => {
        Object.entries(buffers).forEach(([name, variable]) => variable.assign(tf.tensor(start[name]!.values.slice(), variable.shape)));
        const part = method.forward(views.slice(0, 2).map((view) => tf.slice(view, i * chunkSize, chunkSize)), 'train');
        Object.entries(buffers).forEach(([name, variable]) => variable.dataSync().forEach((x, j) => ((moved[name] ??= [])[j] = (moved[name]![j] ?? 0) + x)));
        return part;
      });
      const below = (side: 'projections' | 'predictions') => [0, 1].map((v) => tf.concat(parts.map((part) => part[side]![v]!), 0));
      return method.loss({ projections: below('projections'), predictions: below('predictions'), step: 0, sampleIds, labels });
    }, Object.values(parameters));
    const means = Object.fromEntries(Object.entries(moved).map(([name, sums]) => [name, sums.map((x) => x / (size / chunkSize))]));
    return {
      loss: value.dataSync()[0]!,
      gradients: Object.fromEntries(Object.entries(parameters).map(([name, { name: key }]) => [name, Float32Array.from(grads[key]!.dataSync())])),
      after: means,
    };
  }

  test.each(['joint', 'separate'] as const)('each chunk has its own statistics, %s forward passes: the gradients are those of that network', (forward) => {
    for (const chunkSize of [3, 6]) {
      const method = normalised(forward);
      const chunked = seen(method, { chunkSize });
      const direct = ghost(normalised(forward), chunkSize);
      expect(chunked.loss).toBeCloseTo(direct.loss, 5);
      const { by, where } = apart(direct, chunked);
      // batch norm of three rows divides by small deviations
      expect(by, where).toBeLessThan(5e-5);
      // and not those of the whole batch
      expect(apart(seen(normalised(forward)), chunked).by).toBeGreaterThan(1e-2);
    }
  });

  test.each([{ accumulate: false }, { accumulate: true }])('moving statistics move once a step, to the mean over the chunks: %o', ({ accumulate }) => {
    const make = accumulate ? siamese : (): Method => normalised('separate');
    const method = make();
    const { buffers } = seen(method, { chunkSize: 3, accumulate }).after as { buffers: ReturnType<typeof readParameters> };
    const direct = ghost(make(), 3).after as Record<string, number[]>;
    expect(Object.keys(buffers).length).toBeGreaterThan(3);
    Object.entries(buffers).forEach(([name, { values }]) => {
      Array.from(values).forEach((x, i) => expect(x, name).toBeCloseTo(direct[name]![i]!, 5));
      // running means that start at 0 have moved
      if (name.endsWith('running_mean')) expect(Math.max(...Array.from(values, Math.abs))).toBeGreaterThan(1e-4);
    });
  });

  test.each(['joint', 'separate'] as const)('the moving statistics of a momentum encoder move once a step, to the mean over the chunks, %s passes', (forward) => {
    const networks = (seed: number) => ({
      encoder: smallResNet({ stem: { channels: 4, kernel: 3, stride: 2 }, widths: [4], blocks: [1], channels: 1, random: random(seed) }),
      projector: projectionHead({ input: 4, layers: [8, 4], batchNorm: 'hidden', outputBias: false, random: random(seed).fork('p') }),
    });
    const make = (): Method => {
      const online = networks(1);
      return byol({ ...online, predictor: predictor(5), momentum: momentumNetwork({ online, target: networks(2), decay: () => 0.9, forward }), forward });
    };
    const buffers = (method: Method): ReturnType<typeof readParameters> => readParameters(method.targetBuffers!());
    // where each chunk alone, from a fresh start, moves them
    const alone = Array.from({ length: size / 4 }, (_, i) => {
      const method = make();
      tf.dispose(method.targets!(views.slice(0, 2).map((view) => tf.slice(view, i * 4, 4))));
      return buffers(method);
    });
    for (const accumulate of [false, true]) {
      const method = make();
      seen(method, { chunkSize: 4, accumulate });
      const moved = buffers(method);
      expect(Object.keys(moved).some((name) => name.endsWith('running_mean'))).toBe(true);
      Object.entries(moved).forEach(([name, { values }]) =>
        Array.from(values).forEach((x, j) => expect(x, name).toBeCloseTo(alone.reduce((sum, each) => sum + each[name]!.values[j]! / alone.length, 0), 5)),
      );
      expect(method.state()).toMatchObject(Object.fromEntries(Object.entries(moved).map(([name, value]) => [`momentum.${name}`, value])));
    }
  });

  /** SimSiam, its networks normalised. */
  function siamese(): Method {
    const stream = random(4);
    return simsiam({
      encoder: smallResNet({ stem: { channels: 4, kernel: 3, stride: 2 }, widths: [4], blocks: [1], channels: 1, random: stream }),
      projector: projectionHead({ input: 4, layers: [8, 4], batchNorm: 'hidden', outputBias: false, random: stream.fork('p') }),
      predictor: predictionHead({ input: 4, hidden: 8, output: 4, random: stream.fork('q') }),
    });
  }

  test('accumulated, the gradients are the same as by two passes', () => {
    const { by, where } = apart(seen(siamese(), { chunkSize: 4 }), seen(siamese(), { chunkSize: 4, accumulate: true }));
    expect(by, where).toBeLessThan(5e-5);
  });

  test('a network that reads what it moves sees the same in every pass, and its count grows by one a step', () => {
    const inner = rowwise(1);
    const make = (): Method => {
      const steps = tf.variable(tf.scalar(3, 'int32'), false);
      const encoder: Encoder = {
        ...inner,
        apply: (images, mode) =>
          tf.tidy(() => {
            const embeddings = tf.div(inner.apply(images, mode), tf.cast(steps, 'float32')) as tf.Tensor2D;
            steps.assign(tf.add(steps, tf.scalar(1, 'int32')));
            return embeddings;
          }),
        buffers: () => ({ steps }),
      };
      return simclr({ encoder, projector: head(2), temperature: 0.3 });
    };
    const [whole, chunked] = [seen(make()), seen(make(), { chunkSize: 4 })];
    expect(apart(whole, chunked).by).toBeLessThan(1e-5);
    expect(chunked.after).toEqual(whole.after);
    expect(chunked.after).toMatchObject({ buffers: { 'encoder.steps': { values: Int32Array.of(4) } } });
  });

  test('weights that are frozen, which count as buffers, keep every bit: no mean over chunks rounds them', () => {
    const encoder = smallResNet({ stem: { channels: 6, kernel: 3 }, widths: [6], blocks: [1], channels: 1, frozen: ['stem'], random: random(4) });
    const method = simsiam({ encoder, projector: projectionHead({ input: 6, layers: [4], batchNorm: 'all', random: random(5) }), predictor: predictor(6) });
    const [before, optimizer] = [readParameters(encoder.buffers()), smallOptimizer(method)];
    trainStep({ method, optimizer, views: views.slice(0, 2), sampleIds, learningRate: 0.1, chunkSize: 4 });
    const after = readParameters(encoder.buffers());
    for (const name of ['conv1.weight', 'bn1.weight', 'bn1.bias', 'bn1.running_mean', 'bn1.running_var']) expect(after[name], name).toEqual(before[name]);
    expect(after['layer1.0.bn1.running_mean']).not.toEqual(before['layer1.0.bn1.running_mean']);
  });

  test('a step that fails leaves the moving statistics as they were', () => {
    const method = normalised('separate');
    const before = readParameters(method.buffers());
    const failing = { ...method, loss: () => tf.scalar(NaN) };
    expect(() => seen(failing, { chunkSize: 4 })).toThrow('the loss is NaN');
    expect(readParameters(method.buffers())).toEqual(before);
  });
});

describe('accumulating', () => {
  test.each(['BYOL', 'SimSiam', 'MoCo v2', 'a strategy that learns'])('%s: the gradients of the whole batch by one pass a chunk', (name) => {
    const make = methods[name]!;
    const whole = seen(make());
    for (const chunkSize of [1, 4]) {
      const accumulated = seen(make(), { chunkSize, accumulate: true });
      expect(accumulated.loss).toBeCloseTo(whole.loss, 5);
      const { by, where } = apart(whole, accumulated);
      expect(by, where).toBeLessThan(1e-5);
    }
  });

  test.each(['SimCLR', 'NNCLR', 'Barlow Twins', 'VICReg'])('%s compares rows of the batch: refused before a weight changes', (name) => {
    const method = methods[name]!();
    let stepped = false;
    const optimizer = { ...smallOptimizer(method), step: () => void (stepped = true) };
    expect(() => seen(method, { optimizer, chunkSize: 4, accumulate: true })).toThrow(/compares rows of the batch/);
    expect(stepped).toBe(false);
  });

  test('goes on where nothing is left to learn and the gradients are rounding', () => {
    const same = otherView({ directions: 'once' });
    const strategy = { ...same, select: (outputs: StepOutputs) => same.select(outputs).map((pair) => ({ ...pair, positives: pair.anchors })) };
    const method = composeMethod({ name: 'aligned', encoder: rowwise(1), projector: head(2), strategy, loss: negativeCosine() });
    expect(seen(method, { chunkSize: 4, accumulate: true }).loss).toBeCloseTo(-1, 6);
  });

  test('runs the networks once a chunk, two passes in all without it', () => {
    const count = (input: Partial<TrainStepInput>): number => {
      let passes = 0;
      const method = methods['SimSiam']!();
      seen({ ...method, forward: (...given) => (passes++, method.forward(...given)) }, input);
      return passes;
    };
    expect([count({}), count({ chunkSize: 4, accumulate: true }), count({ chunkSize: 4 })]).toEqual([1, 3, 6]);
  });
});

test('no tensor is left, whether the step ends well or not', () => {
  for (const input of [{ chunkSize: 4 }, { chunkSize: 4, accumulate: true }]) {
    const method = methods['BYOL']!();
    seen(method, input);
    const before = tf.memory().numTensors;
    seen(method, input);
    expect(tf.memory().numTensors).toBe(before);
    let passes = 0;
    const third: Method = { ...method, forward: (...given) => { if (++passes === 3) throw new Error('third'); return method.forward(...given); } };
    expect(() => seen(third, { ...input, chunkSize: 3 })).toThrow('third');
    expect(tf.memory().numTensors).toBe(before);
    expect(() => seen({ ...method, update: () => { throw new Error('full'); } }, input)).toThrow('full');
    expect(tf.memory().numTensors).toBe(before);
  }
  const compared = methods['SimCLR']!();
  const before = tf.memory().numTensors;
  expect(() => seen(compared, { chunkSize: 4, accumulate: true })).toThrow();
  expect(tf.memory().numTensors).toBe(before);
});

test('the peak of bytes held is less than a quarter, batch 64 in chunks of 8', async () => {
  const images = [1, 2].map((seed) => tf.randomUniform([64, 16, 16, 3], 0, 1, 'float32', seed) as tf.Tensor4D);
  const stream = random(1);
  const encoder = smallResNet({ stem: { channels: 8, kernel: 3, stride: 1 }, widths: [8, 16], blocks: [1, 1], channels: 3, random: stream });
  const projector = projectionHead({ input: 16, layers: [16, 8], batchNorm: 'hidden', random: stream.fork('p') });
  const method = simclr({ encoder, projector, temperature: 0.5 });
  const peak = async (input: Partial<TrainStepInput>): Promise<number> => {
    const start = tf.memory().numBytes;
    const { peakBytes } = await tf.profile(() => {
      seen(method, { views: images, sampleIds: Int32Array.from({ length: 64 }, (_, i) => i), labels: undefined, ...input });
    });
    return peakBytes - start;
  };
  const [whole, chunked] = [await peak({}), await peak({ chunkSize: 8 })];
  expect(chunked).toBeLessThan(whole / 4);
  expect(chunked).toBeGreaterThan(0);
});

describe('messages', () => {
  const message = (method: Method, input: Partial<TrainStepInput>): string => {
    try {
      return String(seen(method, input).loss);
    } catch (error) {
      return `${(error as Error).name}: ${(error as Error).message}`;
    }
  };

  test('of chunks that do not make up the batch', () => {
    const method = methods['SimCLR']!();
    expect(message(method, { chunkSize: 5 })).toMatchInlineSnapshot(`"ArgumentError: trainStep.chunkSize: received 5, expected a divisor of the batch of 12 samples."`);
    expect(message(method, { chunkSize: 0 })).toMatchInlineSnapshot(`"ArgumentError: trainStep.chunkSize: received 0, expected a divisor of the batch of 12 samples."`);
    expect(message(method, { accumulate: true })).toMatchInlineSnapshot(`"ArgumentError: trainStep.accumulate: received true, expected false without chunkSize. Give chunkSize, the samples of a chunk."`);
  });

  test('of a loss that cannot be accumulated', () => {
    expect(message(methods['SimCLR']!(), { chunkSize: 4, accumulate: true })).toMatchInlineSnapshot(`"StateError: simclr.loss: compares rows of the batch: it is 3.124 of the whole batch and 1.935 as the mean of its 3 chunks, and the gradients are 21 % apart. Accumulating would train another loss. Leave accumulate out: chunkSize alone is exact."`);
  });

  test('of networks that draw at random', () => {
    const method = methods['SimSiam']!();
    let seed = 0;
    const dropping: Method = {
      ...method,
      forward: (images, mode) => method.forward(images.map((view) => tf.dropout(view, 0.5, undefined, ++seed) as tf.Tensor4D), mode),
    };
    expect(message(dropping, { chunkSize: 4 }).replace(/\([\d.]+ of/, '(0.12 of')).toMatchInlineSnapshot(`"StateError: simsiam.forward: gave the same inputs other embeddings the second time (0.12 of the largest value apart), and a step in chunks runs them twice. Take what draws at random (dropout) out of the networks, or leave chunkSize out."`);
    expect(Number(message(dropping, { chunkSize: 4, accumulate: true }))).toBeLessThan(1);
  });

  test.each([{ chunkSize: 3 }, { chunkSize: 3, accumulate: true }])('of a loss that is not a number are those of a whole step: %o', (input) => {
    const method = smallMethod();
    const broken = flattenParameters(method.parameters())['projector.0.weight']!;
    broken.assign(tf.fill(broken.shape, NaN));
    const text = (more: Partial<TrainStepInput>): string => message(method, { ...more, when: 'step 7 (epoch 2)' });
    expect(text(input)).toBe(text({}));
    expect(text(input)).toContain('step 7 (epoch 2): the loss is NaN; the first that is not finite: projector.0.weight.');
  });

  test.each([{ chunkSize: 4 }, { chunkSize: 4, accumulate: true }])('of a loss that does not depend on a parameter, or leaves tensors: %o', (input) => {
    const method = methods['SimSiam']!();
    const spare = tf.variable(tf.scalar(1));
    expect(message({ ...method, parameters: () => ({ ...method.parameters(), spare }) }, input)).toBe(
      'StateError: simsiam.loss: does not depend on spare. Leave unused parts out of the method.',
    );
    const leaky = (outputs: StepOutputs): tf.Scalar => {
      tf.keep(tf.scalar(1));
      return method.loss(outputs);
    };
    expect(message({ ...method, loss: leaky }, input)).toMatch(/^StateError: simsiam: this step left [14] tensors behind\./);
  });
});

test.each(['tensorflow', 'cpu'])('works on the backend %s', async (backend) => {
  await tf.setBackend(backend);
  try {
    const make = methods['MoCo v2']!;
    expect(apart(seen(make()), seen(make(), { chunkSize: 4 })).by).toBeLessThan(1e-5);
    expect(apart(seen(make()), seen(make(), { chunkSize: 4, accumulate: true })).by).toBeLessThan(1e-5);
  } finally {
    await tf.setBackend('tensorflow');
  }
});
