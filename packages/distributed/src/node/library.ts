/** The MPI library of this machine: found, loaded, and told apart by what it exports. */
import { BackendError } from '@kindred/core';
import type * as koffiModule from 'koffi';
import type { LibraryHandle } from 'koffi';
import type { Launched } from './launcher.js';

/** The package that calls C functions. */
export type Koffi = typeof koffiModule;

/** A handle of MPI: an address in Open MPI and the standard ABI, a whole number in MPICH. */
export type Handle = bigint | number;

/**
 * What the three binary interfaces disagree on. Everything else is the C interface of MPI 3. A communicator, data type or
 * operation is the address of a variable in Open MPI, a number in MPICH (and all that share its ABI: Intel MPI, MVAPICH, Cray),
 * and a small number in a pointer in the standard ABI of MPI 5.
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
  /** Errors are returned, not fatal. */
  readonly errorsReturn: Handle;
  /** MPI_THREAD_FUNNELED: only the main thread calls. */
  readonly funneled: number;
  /** MPI_STATUS_IGNORE, an address. */
  readonly statusIgnore: bigint;
  /** MPI_IN_PLACE, an address: what is sent is where the result belongs. */
  readonly inPlace: bigint;
}

/** A library, loaded. Nothing of it has been called that needs MPI_Init. */
export interface MpiLibrary {
  /** As it was loaded: a soname or a path. */
  readonly file: string;
  readonly handle: LibraryHandle;
  readonly abi: BinaryInterface;
}

const openMpiFiles = ['libmpi.so.40', 'libmpi.so.80'];
const mpichFiles = ['libmpich.so.12', 'libmpi.so.12'];
const standardFiles = ['libmpi_abi.so.1', 'libmpi_abi.so.0'];

/** The files to try, the launcher's family first: another family's library would see one process only. */
export function candidates(named: string | undefined, launched: Launched | undefined): readonly string[] {
  if (named !== undefined) return [named];
  return launched?.by === 'MPICH' ? [...mpichFiles, ...standardFiles, ...openMpiFiles] : [...openMpiFiles, ...standardFiles, ...mpichFiles];
}

/**
 * Loads the first of `files` that there is.
 *
 * @throws BackendError where there is none.
 */
export function loadLibrary(koffi: Koffi, files: readonly string[]): MpiLibrary {
  const problems: string[] = [];
  for (const file of files) {
    try {
      // global: Open MPI opens components of its own, which look for the library's symbols
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
  // The standard first: its library may reach its vendor's own symbols through what it links to. MPICH 5 exports the function in
  // its own interface too, and answers -1 there.
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
