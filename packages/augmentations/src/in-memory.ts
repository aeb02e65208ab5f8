/** Where the values of tensors are. */
import { backend, getBackend } from '@tensorflow/tfjs-core';

/**
 * Whether the backend in use keeps its values in this process's memory: then reading them costs a copy, and one loop over
 * them is faster than many operations, each over all of them.
 */
export function valuesInMemory(): boolean {
  // tfjs-node's backend says of itself whether it runs on a GPU
  return getBackend() === 'cpu' || (backend() as { isUsingGpuDevice?: boolean }).isUsingGpuDevice === false;
}
