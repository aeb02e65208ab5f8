/** What the engine is, how fast it is, and what is missing: for `kindred doctor`. */
import { measurePeak } from './measure-peak.js';
import { automaticPrecision, measurePrecisions, type Precision, type PrecisionSpeeds } from './precision.js';
import { cacheFolder, findEngine } from './setup/cache.js';
import { type Commands, systemCommands } from './setup/commands.js';
import { COMPILER_REMEDY, findCompiler } from './setup/compiler.js';
import { hasNvidia } from './setup/gpu.js';
import { findPython, PYTHON_REMEDY } from './setup/python.js';
import type { Device } from './setup/recipe.js';
import { bindingSources } from './setup/sources.js';
import { type Engine, useTensorFlow } from './use-tensorflow.js';

/** One check. */
export interface Finding {
  readonly name: 'engine' | 'tfjs-node-gpu' | 'python' | 'pip' | 'compiler' | 'gpu';
  /** What was found, or that nothing was. */
  readonly found: string;
  /** Whether it passed. */
  readonly ok: boolean;
  /** What to do if it did not. */
  readonly remedy: string | undefined;
}

/** What `diagnose` reports. */
export interface Diagnosis {
  /** What computes in this process. */
  readonly engine: Engine;
  /** GFLOP/s of a large matrix product on it, see `measurePeak`. */
  readonly gigaflops: number;
  /** GFLOP/s of a convolution with its gradients in either precision, see `measurePrecisions`; undefined in plain JavaScript. */
  readonly convolutions: PrecisionSpeeds | undefined;
  /** What `auto` chooses here. */
  readonly automatic: Precision;
  readonly findings: readonly Finding[];
}

const SET_UP = 'Set it up: `npx kindred-tensorflow` (in a checkout `npm run setup`).';

/**
 * Brings the engine up, measures it (some seconds) and looks for what the set-up needs. If an engine is set up, a missing
 * Python or compiler is reported but is not a fault.
 *
 * @example
 * const { findings } = await diagnose();
 * findings.map(({ name }) => name); // => ['engine', 'tfjs-node-gpu', 'python', 'pip', 'compiler', 'gpu']
 */
export async function diagnose(options: { readonly cache?: string } = {}): Promise<Diagnosis> {
  const { cache = cacheFolder() } = options;
  const engine = await useTensorFlow({ quiet: true, cache });
  const measured = { gigaflops: measurePeak(), convolutions: measurePrecisions(), automatic: automaticPrecision() };
  return { engine, ...measured, findings: await examine(systemCommands, cache, engine.device, hasNvidia()) };
}

/** The findings, with the machine's programs given. */
export async function examine(commands: Commands, cache: string, device: Device, nvidia: boolean): Promise<Finding[]> {
  const engine = findEngine(nvidia ? 'GPU' : 'CPU', cache) ?? findEngine('CPU', cache) ?? findEngine('GPU', cache);
  const sources = bindingSources();
  const python = await findPython(commands);
  const compiler = await findCompiler(commands);
  const tool = (name: Finding['name'], found: string | undefined, remedy: string): Finding => ({
    name,
    found: found ?? 'not found',
    ok: found !== undefined || engine !== undefined,
    remedy: found === undefined ? remedy : undefined,
  });
  return [
    { name: 'engine', found: engine?.folder ?? `none in ${cache}`, ok: engine !== undefined, remedy: engine ? undefined : SET_UP },
    tool('tfjs-node-gpu', sources?.version, '`npm install --ignore-scripts @tensorflow/tfjs-node-gpu`.'),
    tool('python', python?.program, PYTHON_REMEDY),
    tool('pip', python?.pip ? `${python.program} -m pip` : undefined, PYTHON_REMEDY),
    tool('compiler', compiler?.join(' '), COMPILER_REMEDY),
    graphics(nvidia, device),
  ];
}

function graphics(nvidia: boolean, device: Device): Finding {
  if (!nvidia) return { name: 'gpu', found: 'no NVIDIA card', ok: true, remedy: undefined };
  if (device === 'GPU') return { name: 'gpu', found: 'in use', ok: true, remedy: undefined };
  return { name: 'gpu', found: 'an NVIDIA card that is not in use', ok: false, remedy: 'Fetch the CUDA library: `npx kindred-tensorflow --gpu`. The driver must be of CUDA 12.' };
}
