/** One update of all parameters: ResNet-18 (large tensors: memory decides) and a small residual network (dispatch does). */
import { random } from '@kindred/core';
import * as tf from '@tensorflow/tfjs-core';
import { adamW, biasAndNorm, clipByGlobalNorm, lars, type NamedGradients, type NamedParameters, type Optimizer, sgd } from '../src/index.js';

/** Shapes by name of a residual network with two convolutions a block, its classifier left out. */
function residual(widths: readonly number[], blocks: number): Record<string, number[]> {
  const shapes: Record<string, number[]> = {};
  const convolution = (name: string, size: number, from: number, to: number): void => {
    shapes[`${name}.conv`] = [size, size, from, to];
    shapes[`${name}.bn.weight`] = [to];
    shapes[`${name}.bn.bias`] = [to];
  };
  convolution('stem', 3, 3, widths[0]!);
  let from = widths[0]!;
  widths.forEach((to, layer) => {
    for (let block = 0; block < blocks; block += 1, from = to) {
      const name = `layer${layer + 1}.${block}`;
      convolution(`${name}.1`, 3, from, to);
      convolution(`${name}.2`, 3, to, to);
      if (from !== to) convolution(`${name}.downsample`, 1, from, to);
    }
  });
  return shapes;
}

const networks = { 'ResNet-18': residual([64, 128, 256, 512], 2), 'small ResNet': residual([16, 32, 64], 3) };
const common = { momentum: 0.9, weightDecay: 1e-4, exclude: biasAndNorm };

/** A way to change parameters: a name, and what makes its step. */
const algorithms: Record<string, (parameters: NamedParameters) => Pick<Optimizer, 'step' | 'dispose'>> = {
  sgd: (parameters) => sgd({ parameters, ...common }),
  'lars, sum, inside': (parameters) => lars({ parameters, ...common, trustCoefficient: 0.001, form: 'sum', learningRatePlacement: 'inside' }),
  'lars, separate, outside, clip': (parameters) =>
    lars({ parameters, ...common, trustCoefficient: 0.02, form: 'separate', learningRatePlacement: 'outside', clip: true }),
  adamW: (parameters) => adamW({ parameters, ...common, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }),
  clipByGlobalNorm: () => ({ step: (gradients: NamedGradients) => tf.dispose(clipByGlobalNorm({ maximum: 1 }).transform(gradients) as tf.NamedTensorMap), dispose: () => undefined }),
};

/** Times over `rounds` in which the algorithms take turns: the median, or another quantile (0 is the best). */
export async function run(rounds = 15, quantile = 0.5): Promise<{ name: string; value: number; unit: string }[]> {
  const results: { name: string; value: number; unit: string }[] = [];
  for (const [network, shapes] of Object.entries(networks)) {
    const draws = random(1).fork(network);
    const values = (shape: number[]): tf.Tensor =>
      tf.tidy(() => tf.mul(tf.tensor(Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => draws.uniform(-0.1, 0.1)), shape), 1));
    const parameters = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, tf.tidy(() => tf.variable(values(shape)))]));
    const gradients = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, values(shape)]));
    const size = Object.values(parameters).reduce((sum, variable) => sum + variable.size, 0);
    const made = Object.entries(algorithms).map(([name, make]) => ({ name, optimizer: make(parameters), times: [] as number[] }));
    for (let round = -2; round < rounds; round += 1) {
      for (const { optimizer, times } of made) {
        const start = performance.now();
        optimizer.step(gradients, 0.01);
        await parameters[Object.keys(parameters)[0]!]!.data(); // a graphics card answers when it is done
        if (round >= 0) times.push(performance.now() - start);
      }
    }
    for (const { name, optimizer, times } of made) {
      times.sort((a, b) => a - b);
      const title = `${name}: ${(size / 1e6).toFixed(1)} M parameters in ${Object.keys(shapes).length} tensors (${network})`;
      results.push({ name: title, value: times[Math.floor(quantile * (times.length - 1))]!, unit: 'ms' });
      optimizer.dispose();
    }
    tf.dispose([...Object.values(parameters), ...Object.values(gradients)]);
  }
  return results;
}
