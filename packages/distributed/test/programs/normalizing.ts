/**
 * Compares batch normalisation over the rows of all ranks with an ordinary layer on the joint rows: the largest relative differences of outputs,
 * gradients and moving statistics.
 */
import { batchNormalization } from '@kindred/backbones';
import { flattenParameters, random } from '@kindred/core';
import { normalizeAcross, sameOnAllRanks } from '@kindred/distributed';
import type { Mpi } from '@kindred/distributed/node';
import * as tf from '@tensorflow/tfjs-core';

type Gradients = { y: tf.Tensor; dx: tf.Tensor; dscale: tf.Tensor; doffset: tf.Tensor; dside: tf.Tensor | undefined; moving: tf.Tensor[] };

export function run(mpi: Mpi): unknown {
  const { rank, size } = mpi;
  const chance = random(5);
  const normal = (shape: number[]): tf.Tensor =>
    tf.tensor(Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => chance.uniform(-1, 1) + chance.uniform(-1, 1)), shape);

  const own = <T extends tf.Tensor>(x: T): T => tf.slice(x, (x.shape[0]! / size) * rank, x.shape[0]! / size);
  const worst = (a: tf.Tensor, b: tf.Tensor): number =>
    tf.tidy(() => tf.div(tf.max(tf.abs(tf.sub(a, b))), tf.max(tf.abs(b))).dataSync()[0]!);

  /** Runs the layer forward and backward: with ReLU if `side` is given, which is added before the ReLU unless it is null. */
  function through(layer: ReturnType<typeof batchNormalization>, x: tf.Tensor, dy: tf.Tensor, side?: tf.Tensor | null): Gradients {
    const [weight, bias] = Object.values(flattenParameters(layer.parameters()));
    weight!.assign(tf.tensor1d([0.5, -1.5, 2]));
    bias!.assign(tf.tensor1d([1, 0, -1]));
    let y: tf.Tensor | undefined;
    const { grads } = tf.engine().gradients(
      () => {
        y = tf.keep(side === undefined ? layer.apply(x, 'train') : layer.applyRelu(x, 'train', side ?? undefined));
        return tf.sum(tf.mul(y, dy)) as tf.Scalar;
      },
      [x, weight!, bias!, ...(side ? [side] : [])],
      undefined,
      true,
    );
    const moving = Object.values(flattenParameters(layer.buffers())).map((variable) => variable.clone());
    return { y: y!, dx: grads[0]!, dscale: grads[1]!, doffset: grads[2]!, dside: grads[3] ?? undefined, moving };
  }

  const results: Record<string, number> = {};
  const before = tf.memory().numTensors;
  const inputs = [['features', [12, 3]], ['images', [12, 3, 2, 3]]] as const;
  const kinds = [['synchronized', 1, {}], ['split', 4, {}], ['local', 1, { statistics: 'local' }]] as const;
  const combinations = inputs.flatMap((input) => kinds.flatMap((kind) => (['nothing', 'ReLU', 'sum and ReLU'] as const).map((then) => [...input, ...kind, then] as const)));
  for (const [name, shape, kind, splits, options, then] of combinations) {
    tf.tidy(() => {
      // far from 0 in one channel: E[x²] − mean² would lose its digits
      const [x, dy] = [tf.add(tf.mul(normal([...shape]), tf.tensor1d([1, 3, 0.1])), tf.tensor1d([0, -2, 10])), normal([...shape])];
      const side = then === 'nothing' ? undefined : then === 'ReLU' ? null : normal([...shape]);
      const across = through(batchNormalization({ channels: 3, splits, normalize: normalizeAcross(mpi, options) }), own(x), own(dy), side && own(side));
      const joint = through(batchNormalization({ channels: 3, splits: kind === 'local' ? size : splits }), x, dy, side);
      const together = (part: tf.Tensor): tf.Tensor => tf.tensor(mpi.allReduce(part.dataSync() as Float32Array), part.shape);
      results[`${kind} ${name}, then ${then}`] = Math.max(
        worst(across.y, own(joint.y)),
        worst(across.dx, own(joint.dx)),
        ...(side ? [worst(across.dside!, own(joint.dside!))] : []),
        worst(together(across.dscale), joint.dscale),
        worst(together(across.doffset), joint.doffset),
        ...across.moving.map((moving, i) => worst(moving, joint.moving[i]!)),
      );
      if (!sameOnAllRanks(mpi, across.moving.map((moving) => moving.dataSync() as Float32Array))) throw new Error('moving statistics differ between ranks');
      across.y.dispose();
      joint.y.dispose();
    });
  }
  // outside a gradient scope, as in a momentum encoder
  const joined = batchNormalization({ channels: 3, normalize: normalizeAcross(mpi) });
  tf.tidy(() => {
    const x = normal([12, 3]);
    results['without a gradient'] = worst(joined.apply(own(x), 'train'), own(batchNormalization({ channels: 3 }).apply(x, 'train')));
  });

  const control = tf.tidy(() => {
    const [x, dy] = [normal([12, 3]), normal([12, 3])];
    const [alone, joint] = [through(batchNormalization({ channels: 3 }), own(x), own(dy)), through(batchNormalization({ channels: 3 }), x, dy)];
    alone.y.dispose();
    joint.y.dispose();
    return worst(alone.dx, own(joint.dx));
  });
  return { results, control, left: tf.memory().numTensors - before };
}
