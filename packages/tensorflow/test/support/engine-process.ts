/** Brings the engine up in a process of its own, with the options given as JSON, and prints what it is and a gradient. */
import { getBackend, grad, square, sum, tensor1d } from '@tensorflow/tfjs-core';
import { useTensorFlow } from '@kindred/tensorflow';

const options = JSON.parse(process.argv[2]!) as Parameters<typeof useTensorFlow>[0];
const engine = await useTensorFlow(options);
const gradient = [...(grad((x) => sum(square(x)))(tensor1d([1, -2])).dataSync() as Float32Array)];
process.stdout.write(`\n${JSON.stringify({ engine, backend: getBackend(), gradient })}`);
