/** Makes TensorFlow the engine of this process. */
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { ArgumentError } from '@kindred/core';
// The union package: with it come the gradients
import '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-cpu';
import { getBackend, setBackend, version_core } from '@tensorflow/tfjs-core';
import { convolvesFaster, hasWideVectors } from './bfloat16-instructions.js';
import { registerKernels, registerOwnKernels } from './kernels/index.js';
import { useOwnConvolutions } from './kernels/own-convolution.js';
import { loadBackend, loadOwnOps, nodeBackend } from './node-backend.js';
import { ownAddon } from './own-addon.js';
import { PLAIN_JAVASCRIPT } from './plain-javascript.js';
import { type precisions, usePrecision } from './precision.js';
import { quietly } from './quietly.js';
import { cacheFolder, findEngine } from './setup/cache.js';
import { hasNvidia } from './setup/gpu.js';
import { opsFile, type Unit } from './setup/own-kernels.js';
import type { Device } from './setup/recipe.js';

export interface UseTensorFlowOptions {
  /** Leave out what the TensorFlow library prints while it loads. Default: false. */
  readonly quiet?: boolean;
  /** Threads of one op: a whole number above 0. Default: TF_NUM_INTRAOP_THREADS, else the number of cores. */
  readonly threads?: number;
  /** oneDNN's kernels: 1.5 times the speed in convolutions. Default: TF_ENABLE_ONEDNN_OPTS, else true. */
  readonly oneDNN?: boolean;
  /** What convolutions and linear layers compute in, see `usePrecision`; any call may change it. Default: float32, or what an earlier call chose. */
  readonly precision?: (typeof precisions)[number];
  /** The folder for engines, as in `setUpTensorFlow`. */
  readonly cache?: string;
}

/** What computes. */
export interface Engine {
  /** The name of tfjs's backend. */
  readonly backend: 'tensorflow' | 'cpu';
  /** Name and version of what computes, `TensorFlow 2.21.0`. */
  readonly library: string;
  /** The engine of `setUpTensorFlow`, tfjs-node-gpu's own download, or none at all. */
  readonly source: 'cache' | 'tfjs-node-gpu' | 'javascript';
  readonly device: Device;
  readonly oneDNN: boolean;
  readonly threads: number;
  /** Whether Kindred's own native kernels compute with it. */
  readonly ownKernels: boolean;
  /** The addon's file; undefined in plain JavaScript, and where the program had loaded tfjs-node itself. */
  readonly path: string | undefined;
}

/** One engine a process, whichever copy of this package asks. */
const shared = globalThis as { [key: symbol]: Promise<Engine> | undefined };
const key = Symbol.for('kindred.tensorflow.engine');

/**
 * Makes TensorFlow the current backend of tfjs and registers Kindred's fast kernels. Takes the engine that
 * `setUpTensorFlow` made, else the addon that tfjs-node-gpu itself downloaded, else plain JavaScript with a warning. The
 * first call loads (0.5 to 1 s), later calls return what it found: `threads` and `oneDNN` hold for the life of the process.
 *
 * @throws ArgumentError where `threads` is not a whole number above 0, or for a `precision` that does not exist.
 *
 * @example
 * const { backend } = await useTensorFlow({ quiet: true });
 * tf.getBackend() === backend; // => true
 */
export async function useTensorFlow(options: UseTensorFlowOptions = {}): Promise<Engine> {
  const { threads } = options;
  if (threads !== undefined && !(Number.isInteger(threads) && threads > 0)) {
    throw new ArgumentError('useTensorFlow.threads', 'a whole number above 0', threads);
  }
  const engine = await (shared[key] ??= bringUp(options));
  if (getBackend() !== engine.backend) await setBackend(engine.backend);
  if (options.precision !== undefined) usePrecision(options.precision);
  return engine;
}

async function bringUp(options: UseTensorFlowOptions): Promise<Engine> {
  const facts = configure(options);
  if (nodeBackend()) {
    await setBackend('tensorflow');
    return native('tfjs-node-gpu', undefined, facts);
  }
  const problems: string[] = [];
  for (const [source, path] of candidates(options.cache ?? cacheFolder())) {
    try {
      await (options.quiet ? quietly(() => loadBackend(path)) : loadBackend(path));
      return native(source, path, facts);
    } catch (error) {
      problems.push(`${path} does not load: ${(error as Error).message}.`);
    }
  }
  const remedy = 'Set the engine up: `npx kindred-tensorflow` (in a checkout `npm run setup`).';
  process.emitWarning([`No TensorFlow here: what follows is ${PLAIN_JAVASCRIPT}.`, ...problems, remedy].join(' '), {
    type: 'KindredWarning',
    code: 'KINDRED_JAVASCRIPT',
  });
  await setBackend('cpu');
  return { backend: 'cpu', library: `TensorFlow.js ${version_core}`, source: 'javascript', device: 'CPU', oneDNN: false, threads: 1, ownKernels: false, path: undefined };
}

/** Addons in the order in which they are tried. */
function candidates(cache: string): (readonly ['cache' | 'tfjs-node-gpu', string])[] {
  const cpu = findEngine('CPU', cache)?.addon;
  const gpu = findEngine('GPU', cache)?.addon;
  const own = ownAddon();
  const engines = hasNvidia() ? [gpu, cpu] : [cpu, gpu];
  return [...engines.map((path) => ['cache', path] as const), ['tfjs-node-gpu', own] as const].filter(
    (candidate): candidate is readonly ['cache' | 'tfjs-node-gpu', string] => candidate[1] !== undefined,
  );
}

function native(source: 'cache' | 'tfjs-node-gpu', path: string | undefined, facts: Facts): Engine {
  const backend = nodeBackend()!;
  registerKernels();
  // ours compute on the CPU only
  const loaded = (unit: Unit): boolean => source === 'cache' && path !== undefined && !backend.isUsingGpuDevice && loadOwnOps(opsFile(dirname(path), unit));
  const wide = hasWideVectors() && loaded('wide-kernels');
  const ownKernels = wide || loaded('kernels');
  if (ownKernels) registerOwnKernels();
  if (wide && convolvesFaster(facts.threads)) useOwnConvolutions(backend);
  return {
    backend: 'tensorflow',
    library: `TensorFlow ${backend.binding.TF_Version}`,
    source,
    device: backend.isUsingGpuDevice ? 'GPU' : 'CPU',
    ...facts,
    ownKernels,
    path,
  };
}

type Facts = Pick<Engine, 'oneDNN' | 'threads'>;

/** Tells the library its settings, which it reads from the environment once, while it loads. */
function configure({ threads, oneDNN, quiet }: UseTensorFlowOptions): Facts {
  const { env } = process;
  if (threads !== undefined) env['TF_NUM_INTRAOP_THREADS'] = String(threads);
  if (oneDNN !== undefined) env['TF_ENABLE_ONEDNN_OPTS'] = oneDNN ? '1' : '0';
  // A worker's environment is a copy, which the library does not see
  else if (isMainThread) env['TF_ENABLE_ONEDNN_OPTS'] ??= '1';
  if (quiet) env['TF_CPP_MIN_LOG_LEVEL'] ??= '1';
  return {
    oneDNN: ['1', 'true'].includes(env['TF_ENABLE_ONEDNN_OPTS'] ?? ''),
    threads: Number(env['TF_NUM_INTRAOP_THREADS']) || availableParallelism(),
  };
}
