/** Where the addon's C++ sources are: tfjs-node-gpu's binding and the headers of the Node-API. */
import { createRequire } from 'node:module';
import { dirname } from 'node:path';

const require = createRequire(import.meta.url);

export interface BindingSources {
  /** tfjs-node-gpu's own folder; its sources are in `binding`. */
  readonly folder: string;
  readonly version: string;
  /** The folder of `node_api.h`. */
  readonly nodeHeaders: string;
}

/** The sources, or undefined where `@tensorflow/tfjs-node-gpu` is not installed. */
export function bindingSources(): BindingSources | undefined {
  try {
    const manifest = require.resolve('@tensorflow/tfjs-node-gpu/package.json');
    const { version } = require(manifest) as { version: string };
    const { include_dir: nodeHeaders } = require('node-api-headers') as { include_dir: string };
    return { folder: dirname(manifest), version, nodeHeaders };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}
