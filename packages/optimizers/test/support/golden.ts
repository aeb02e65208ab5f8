/** Sequences of torch.optim, see golden/torch-optimizers.py. */
import * as tf from '@tensorflow/tfjs-core';
import type { NamedParameters, Optimizer } from '../../src/index.js';
import golden from '../golden/torch-optimizers.json' with { type: 'json' };
import { expectNear, type Numbers, read, tensors, variables } from './values.js';

/** Follows one of its runs step by step. */
export function expectGolden(run: keyof typeof golden.parameters, make: (parameters: NamedParameters) => Optimizer): void {
  const parameters = variables(golden.initial);
  const optimizer = make(parameters);
  golden.rates.forEach((rate, step) => {
    tf.tidy(() => optimizer.step(tensors(golden.gradients[step] as Numbers, golden.shapes), rate));
    expectNear(read(parameters), golden.parameters[run][step] as Numbers, golden.tolerance);
  });
}
