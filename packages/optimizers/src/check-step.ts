/** Whether a step can be done at all, for every optimiser. */
import { ArgumentError, ShapeError } from '@kindred/core';
import type { NamedGradients, NamedParameters } from './optimizer.js';

/**
 * Refuses a step before it begins.
 *
 * @throws ArgumentError for a learning rate below 0 or not finite, a parameter without gradient, a gradient without parameter.
 * @throws ShapeError for a gradient of another shape than its parameter's.
 */
export function checkStep(where: string, parameters: NamedParameters, gradients: NamedGradients, learningRate: number): void {
  if (!(Number.isFinite(learningRate) && learningRate >= 0)) {
    throw new ArgumentError(`${where}.learningRate`, 'a finite number, 0 or above', learningRate);
  }
  for (const name of Object.keys(parameters)) {
    const gradient = Object.hasOwn(gradients, name) ? gradients[name] : undefined;
    if (gradient === undefined) {
      throw new ArgumentError(`${where}.gradients.${name}`, 'a gradient for every parameter', undefined, 'Was the parameter part of the loss?');
    }
    const { shape } = parameters[name]!;
    if (gradient.shape.length !== shape.length || gradient.shape.some((length, axis) => length !== shape[axis])) {
      const expected = `[${shape.join(', ')}]`;
      throw new ShapeError(where, `the gradient of ${name} is [${gradient.shape.join(', ')}], expected ${expected}.`, {
        expected,
        received: gradient.shape,
        remedy: 'Gradients go by the names of the parameters.',
      });
    }
  }
  for (const name of Object.keys(gradients)) {
    if (!Object.hasOwn(parameters, name)) {
      throw new ArgumentError(`${where}.gradients`, 'gradients of known parameters', name, 'Pass the names that the optimizer was made with.');
    }
  }
}
