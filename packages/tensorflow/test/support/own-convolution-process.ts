/** Prints a digest of convolutions and their gradients, in both types. */
import { createHash } from 'node:crypto';
import { conv2d } from '@kindred/core';
import { grads, randomNormal, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import { usePrecision, useTensorFlow } from '../../src/index.js';

await useTensorFlow({ quiet: true });
const hash = createHash('sha256');
for (const precision of ['float32', 'bfloat16'] as const) {
  usePrecision(precision);
  for (const [size, channels] of [[12, 32], [8, 128], [20, 16]] as const) {
    const x = randomNormal([11, size, size, channels], 0, 1, 'float32', 1) as Tensor4D;
    const filter = randomNormal([3, 3, channels, 2 * channels], 0, 1, 'float32', 2) as Tensor4D;
    const through = (a: Tensor, b: Tensor): Tensor4D => conv2d(a as Tensor4D, b as Tensor4D, { stride: 2, padding: 1 });
    const y = through(x, filter);
    for (const each of [y, ...grads((a, b) => through(a!, b!))([x, filter])]) hash.update(each.dataSync());
  }
}
console.log(hash.digest('hex'));
