/** What an engine is made of: the pinned wheels of the TensorFlow library and the files taken from them. */
import { createHash } from 'node:crypto';

/** Where the library computes. `GPU` is CUDA on an NVIDIA card, and falls back to the CPU without a driver. */
export type Device = 'CPU' | 'GPU';

/** One pinned wheel of the Python package index, of which only some files are wanted. */
export interface Recipe {
  readonly device: Device;
  readonly package: string;
  readonly version: string;
  readonly sha256: string;
  /** Bytes of the wheel, for the progress line. */
  readonly bytes: number;
  /** Free bytes that the set-up needs at its peak. */
  readonly disk: number;
  /** Paths inside the wheel, below its folder `tensorflow`. */
  readonly files: readonly string[];
  /** Wheels that are unpacked whole beside the library, as lines of a pip requirements file. */
  readonly beside: readonly string[];
}

/** The libraries; the addon is linked against them. */
export const LIBRARIES = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'] as const;

/** The headers that tfjs-node's binding includes. */
const HEADERS = [
  ...[
    'c/c_api',
    'c/c_api_macros',
    'c/eager/c_api',
    'c/tf_attrtype',
    'c/tf_buffer',
    'c/tf_datatype',
    'c/tf_status',
    'c/tf_tensor',
    'c/tf_tstring',
    'core/platform/ctstring',
    'core/platform/ctstring_internal',
  ].map((name) => `include/tensorflow/${name}.h`),
  'include/tsl/platform/ctstring.h',
  'include/tsl/platform/ctstring_internal.h',
  'include/xla/tsl/c/tsl_status.h',
];

/** glibc 2.27 or newer; the library has no Python in it, so the tags only pick one of equal wheels. */
export const WHEEL_TAGS = ['--python-version', '3.12', '--implementation', 'cp', '--abi', 'cp312', '--platform', 'manylinux_2_27_x86_64'] as const;

const cpu: Recipe = {
  device: 'CPU',
  package: 'tensorflow-cpu',
  version: '2.21.0',
  sha256: 'dcc8afd32930e42d5296b6ee19078b773706830af4ea97fbe503b9f5e0f820cb',
  bytes: 274_000_871,
  disk: 1_250_000_000,
  files: [...LIBRARIES, ...HEADERS],
  beside: [],
};

const gpu: Recipe = {
  device: 'GPU',
  package: 'tensorflow',
  version: '2.21.0',
  sha256: 'b3b95643c4e70eb925839938fb35cbe142f317ec84af6844ee61513713bb13c0',
  bytes: 572_611_111,
  disk: 9_000_000_000,
  files: [...LIBRARIES, ...HEADERS],
  beside: [],
};

/** The recipe for a device. */
export function recipeFor(device: Device): Recipe {
  return device === 'GPU' ? gpu : cpu;
}

/** The folder name of an engine: one for each recipe and version of the binding's sources. */
export function engineName(recipe: Recipe, bindingVersion: string): string {
  const fingerprint = createHash('sha256').update(JSON.stringify([recipe, bindingVersion])).digest('hex').slice(0, 8);
  return `${recipe.package}-${recipe.version}-${fingerprint}`;
}
