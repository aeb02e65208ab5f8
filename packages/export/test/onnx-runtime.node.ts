import * as native from 'onnxruntime-node';
import { expectKindred, type Runtime } from './support/runtimes.js';

expectKindred('onnxruntime-node', () => Promise.resolve(native as unknown as Runtime));
expectKindred('onnxruntime-web in Node', async () => {
  const web = await import('onnxruntime-web');
  web.env.wasm.numThreads = 1;
  return web as unknown as Runtime;
});
