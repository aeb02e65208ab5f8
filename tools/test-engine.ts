/** What every test in Node starts from: the engine's backend, with tfjs's gradients and the plain `cpu` backend beside it. */
import { useTensorFlow } from '@kindred/tensorflow';

const { backend } = await useTensorFlow({ quiet: true });
// Else every test of native kernels would pass by being skipped
if (backend !== 'tensorflow' && process.env['KINDRED_ENGINE'] !== 'optional') {
  throw new Error('TensorFlow did not come up, so its tests would all be skipped. Run `npm run setup`, or set KINDRED_ENGINE=optional to test without it.');
}
