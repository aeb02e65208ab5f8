/** The ingredients of an engine: the pinned wheels of the TensorFlow library and the files taken from them. */
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
  /** Wheels that are unpacked whole next to the library, as lines of a pip requirements file. */
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

/** glibc 2.27 or newer. The library contains no Python: its tags only pick one of several equal wheels. */
export const WHEEL_TAGS = [
  ...['--python-version', '3.12', '--implementation', 'cp', '--abi', 'cp312'],
  ...['manylinux_2_27_x86_64', 'manylinux_2_25_x86_64', 'manylinux2014_x86_64', 'manylinux2010_x86_64'].flatMap((name) => ['--platform', name]),
];

/** CUDA 12.9 and cuDNN 9, which the library looks for in `../nvidia` as seen from its own folder. */
const CUDA = [
  'nvidia-cublas-cu12==12.9.3.13 --hash=sha256:d7d51055f161b317c7105ddaae90e71eda059026074ffef93cf7cde2886bfe72',
  'nvidia-cuda-cupti-cu12==12.9.79 --hash=sha256:096bcf334f13e1984ba36685ad4c1d6347db214de03dbb6eebb237b41d9d934f',
  'nvidia-cuda-nvcc-cu12==12.9.86 --hash=sha256:5d6a0d32fdc7ea39917c20065614ae93add6f577d840233237ff08e9a38f58f0',
  'nvidia-cuda-nvrtc-cu12==12.9.86 --hash=sha256:210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4',
  'nvidia-cuda-runtime-cu12==12.9.79 --hash=sha256:25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3',
  'nvidia-cudnn-cu12==9.28.0.42 --hash=sha256:9ff58b7f36dacd0a93e89f8f2957b52466889217963701daa15e577317cfa375',
  'nvidia-cufft-cu12==11.4.1.4 --hash=sha256:c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28',
  'nvidia-curand-cu12==10.3.10.19 --hash=sha256:49b274db4780d421bd2ccd362e1415c13887c53c214f0d4b761752b8f9f6aa1e',
  'nvidia-cusolver-cu12==11.7.5.82 --hash=sha256:15da72d1340d29b5b3cf3fd100e3cd53421dde36002eda6ed93811af63c40d88',
  'nvidia-cusparse-cu12==12.5.10.65 --hash=sha256:73060ce019ac064a057267c585bf1fd5a353734151f87472ff02b2c5c9984e78',
  'nvidia-nccl-cu12==2.32.3 --hash=sha256:bb94b2348e4861d5e8aa00b36c3d12d9bdf9c6369b82cbb723de0b582280a21c',
  'nvidia-nvjitlink-cu12==12.9.86 --hash=sha256:e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9',
];

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
  disk: 10_000_000_000,
  files: [...LIBRARIES, ...HEADERS],
  beside: CUDA,
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
