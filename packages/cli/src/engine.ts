/** TensorFlow for the commands that compute. */
import type { Engine } from '@kindred/tensorflow';
import { consola } from 'consola';

/** Brings the engine up and says in one line what computes. */
export async function bringUpEngine(): Promise<Engine> {
  const { useTensorFlow } = await import('@kindred/tensorflow');
  const engine = await useTensorFlow({ quiet: true });
  consola.info(`${engine.library} on ${engine.device}, ${engine.threads} threads${engine.oneDNN ? ', oneDNN' : ''}`);
  return engine;
}
