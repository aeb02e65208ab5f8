/** Finds and loads this machine's MPI library, and identifies it by its exports. */
import { BackendError } from '@kindred/core';
import type * as koffiModule from 'koffi';
import type { LibraryHandle } from 'koffi';
import type { Launched } from './launcher.js';

/** The package used to call C functions. */
export type Koffi = typeof koffiModule;

/** An MPI handle: an address in Open MPI and in the standard ABI, an integer in MPICH. */
export type Handle = bigint | number;

/**
 * Where the three binary interfaces differ; everything else follows the C interface of MPI 3. A communicator, data type or
 * operation is the address of a variable in Open MPI, an integer in MPICH (and the libraries that share its ABI: Intel MPI,
 * MVAPICH, Cray), and a small integer stored in a pointer in the standard ABI of MPI 5.
 */
export interface BinaryInterface {
  readonly family: 'Open MPI' | 'MPICH' | 'MPI standard ABI';
  /** The C type of a handle. */
  readonly handle: 'void *' | 'int';
  readonly world: Handle;
  readonly float32: Handle;
  readonly int32: Handle;
  readonly sum: Handle;
  readonly max: Handle;
  readonly min: Handle;
  /** The error handler that returns errors instead of aborting. */
  readonly errorsReturn: Handle;
  /** MPI_THREAD_FUNNELED: only the main thread makes MPI calls. */
  readonly funneled: number;
  /** MPI_STATUS_IGNORE, an address. */
  readonly statusIgnore: bigint;
  /** MPI_IN_PLACE, an address: the receive buffer also holds the values to send. */
  readonly inPlace: bigint;
}

/** A loaded library. Nothing that needs MPI_Init has been called yet. */
export interface MpiLibrary {
  /** The name it was loaded by: a soname or a path. */
  readonly file: string;
  readonly handle: LibraryHandle;
  readonly abi: BinaryInterface;
}

const openMpiFiles = ['libmpi.so.40', 'libmpi.so.80'];
const mpichFiles = ['libmpich.so.12', 'libmpi.so.12'];
const standardFiles = ['libmpi_abi.so.1', 'libmpi_abi.so.0'];

/** The files to try, the launcher's own family first: another family's library would see only one process. */
export function candidates(named: string | undefined, launched: Launched | undefined): readonly string[] {
  if (named !== undefined) return [named];
  return launched?.by === 'MPICH' ? [...mpichFiles, ...standardFiles, ...openMpiFiles] : [...openMpiFiles, ...standardFiles, ...mpichFiles];
}

/**
 * Loads the first of `files` that exists.
 *
 * @throws BackendError if none can be loaded.
 */
export function loadLibrary(koffi: Koffi, files: readonly string[]): MpiLibrary {
  const problems: string[] = [];
  for (const file of files) {
    try {
      // global: Open MPI loads components of its own that need the library's symbols
      const handle = koffi.load(file, { global: true });
      return { file, handle, abi: identify(handle) };
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
  throw new BackendError(
    'openMpi',
    `no MPI library could be loaded, tried ${files.join(', ')}: ${problems.join('; ')}.`,
    'Install one (Debian: apt-get install openmpi-bin, or mpich), or name its file in KINDRED_MPI_LIBRARY.',
  );
}

function identify(library: LibraryHandle): BinaryInterface {
  // The standard ABI is checked first, since its library may also expose the vendor's own symbols through its dependencies. MPICH 5 exports
  // this function in its own interface too, but returns -1 there.
  if (symbolOf(library, 'MPI_Abi_get_version') !== undefined) {
    const [major, minor] = [[-1], [-1]] as [number[], number[]];
    library.func('int MPI_Abi_get_version(_Out_ int *major, _Out_ int *minor)')(major, minor);
    if (major[0]! >= 1) return standard;
  }
  const world = symbolOf(library, 'ompi_mpi_comm_world');
  if (world === undefined) {
    if (symbolOf(library, 'MPI_Init_thread') === undefined) throw new Error('it exports no MPI_Init_thread');
    return mpich;
  }
  const address = (name: string): bigint => library.symbol(`ompi_mpi_${name}`) as bigint;
  return {
    family: 'Open MPI',
    handle: 'void *',
    world,
    float32: address('float'),
    int32: address('int'),
    sum: address('op_sum'),
    max: address('op_max'),
    min: address('op_min'),
    errorsReturn: address('errors_return'),
    funneled: 1,
    statusIgnore: 0n,
    inPlace: 1n,
  };
}

function symbolOf(library: LibraryHandle, name: string): bigint | undefined {
  try {
    return library.symbol(name) as bigint;
  } catch {
    return undefined;
  }
}

const mpich: BinaryInterface = {
  family: 'MPICH',
  handle: 'int',
  world: 0x44000000,
  float32: 0x4c00040a,
  int32: 0x4c000405,
  sum: 0x58000003,
  max: 0x58000001,
  min: 0x58000002,
  errorsReturn: 0x54000001,
  funneled: 1,
  statusIgnore: 1n,
  inPlace: 2n ** 64n - 1n,
};

const standard: BinaryInterface = {
  family: 'MPI standard ABI',
  handle: 'void *',
  world: 0x101n,
  float32: 0x210n,
  int32: 0x209n,
  sum: 0x21n,
  max: 0x23n,
  min: 0x22n,
  errorsReturn: 0x143n,
  funneled: 1024,
  statusIgnore: 0n,
  inPlace: 1n,
};
