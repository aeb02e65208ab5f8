/** The backends that a test runs on: where it started, and tfjs's plain JavaScript. */
import { findBackend, getBackend, setBackend } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe } from 'vitest';

/** Where the tests started: `tensorflow` in Node, `webgl` in a browser. */
export const started = getBackend();

/** Runs a suite on the backend in use and on `cpu`. */
export function onBackends(title: string, suite: (backend: string) => void): void {
  const backends = [...new Set([started, ...(findBackend('cpu') ? ['cpu'] : [])])];
  describe.each(backends)(`${title} on %s`, (backend) => {
    beforeAll(async () => void (await setBackend(backend)));
    afterAll(async () => void (await setBackend(started)));
    suite(backend);
  });
}
