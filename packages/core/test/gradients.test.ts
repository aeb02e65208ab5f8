import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { requireGradients } from '../src/index.js';

test('passes where gradients are registered, and says which package registers them where not', () => {
  expect(() => requireGradients('pretrain')).not.toThrow();
  const config = { ...tf.getGradient('Sum'), kernelName: 'Sum' };
  tf.unregisterGradient('Sum');
  try {
    expect(() => requireGradients('pretrain')).toThrowErrorMatchingInlineSnapshot(`[BackendError: pretrain: no gradients are registered, training needs them. Import '@tensorflow/tfjs' once (or call useTensorFlow() of @kindred/tensorflow) before.]`);
  } finally {
    tf.registerGradient(config);
  }
});
