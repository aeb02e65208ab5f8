/** What a run was computed with: the file `environment.json` of its folder. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { cpus, platform, release } from 'node:os';
import { join } from 'node:path';
import { currentPrecision, useTensorFlow } from '@kindred/tensorflow';
import { version_core } from '@tensorflow/tfjs-core';
import packageJson from '../../package.json' with { type: 'json' };

/** `environment.json`. */
export interface Environment {
  /** Version of this package. */
  readonly kindred: string;
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  /** What computes, with its version. */
  readonly engine: string;
  readonly device: string;
  readonly tfjs: string;
  /** ISO 8601, of the first start. */
  readonly started: string;
  /** ISO 8601; absent while the run is not finished. */
  readonly finished?: string;
  /** Seconds of training over all starts that ended properly. */
  readonly seconds: number;
}

/** What affects how numbers are rounded, by name: recorded with a run, and compared when it is resumed. */
export async function engineOf(): Promise<Readonly<Record<string, string>>> {
  const { library, device, threads, ownKernels } = await useTensorFlow({ quiet: true });
  const precision = currentPrecision();
  return { ...(ownKernels && { kernels: 'own' }), ...(precision !== 'float32' && { precision }), kindred: packageJson.version, tfjs: version_core, library, device, threads: String(threads), cpu: cpus()[0]?.model.trim() ?? 'unknown' };
}

/** Describes this machine and process, with what an earlier start of the run has recorded. */
export async function environmentOf(run: string): Promise<Environment> {
  const { library, device } = await useTensorFlow({ quiet: true });
  const cores = cpus();
  const { started, seconds } = await before(run);
  return {
    kindred: packageJson.version,
    node: process.versions.node,
    platform: `${platform()} ${release()} ${process.arch}`,
    cpu: cores[0]?.model.trim() ?? 'unknown',
    cores: cores.length,
    engine: library,
    device,
    tfjs: version_core,
    started: started ?? new Date().toISOString(),
    seconds: seconds ?? 0,
  };
}

/** The existing file; an unreadable one is written again. */
async function before(run: string): Promise<Partial<Environment>> {
  const file = join(run, 'environment.json');
  if (!existsSync(file)) return {};
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Partial<Environment>;
  } catch {
    return {};
  }
}
