import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll } from 'vitest';
import { expectKindred, type Runtime } from './support/runtimes.js';

// webgl would compile its shaders for each size; what Kindred computes there is tested elsewhere
beforeAll(() => tf.setBackend('cpu'));

expectKindred('onnxruntime-web in a browser', async () => {
  const web = await import('onnxruntime-web/wasm');
  web.env.wasm.numThreads = 1;
  web.env.wasm.wasmPaths = { wasm };
  return web as unknown as Runtime;
});
