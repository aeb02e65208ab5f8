/** A process that convolves on a number of threads and prints what came out. */
import { execFileSync } from 'node:child_process';

/** Digest of convolutions and their gradients in both types, computed by as many threads. */
export function inChild(threads: number): string {
  const script = new URL('own-convolution-process.ts', import.meta.url).pathname;
  const given = ['--conditions=@kindred/source', '--import', 'tsx', script];
  return execFileSync(process.execPath, given, { encoding: 'utf8', env: { ...process.env, TF_NUM_INTRAOP_THREADS: String(threads) }, stdio: ['ignore', 'pipe', 'ignore'] });
}
