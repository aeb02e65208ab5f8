/** What every test in Node starts from: the engine's backend, with tfjs's gradients and the plain `cpu` backend beside it. */
import { useTensorFlow } from '@kindred/tensorflow';

await useTensorFlow({ quiet: true });
