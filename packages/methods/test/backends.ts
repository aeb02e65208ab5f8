/** The backends that are there, each made current for a block of tests. */
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe } from 'vitest';

/** Runs the tests once on each of `tensorflow`, `webgl` and `cpu` that this machine has. */
export function onEveryBackend(what: string, tests: () => void): void {
  for (const backend of ['tensorflow', 'webgl', 'cpu'].filter((name) => tf.findBackendFactory(name) !== null)) {
    describe(`${what} on ${backend}`, () => {
      let before: string;
      beforeAll(async () => {
        before = tf.getBackend();
        await tf.setBackend(backend);
      });
      afterAll(async () => void (await tf.setBackend(before)));
      tests();
    });
  }
}
