/** MPI's C functions, as far as they are used here, bound to a library. */
import { BackendError, type Values } from '@kindred/core';
import type { BinaryInterface, Handle, MpiLibrary } from './library.js';

/** Each function throws if MPI reports an error. */
export interface MpiCalls {
  /** Whether `init` has already been called in this process. */
  initialized(): boolean;
  init(): void;
  /** This process's rank, and the number of ranks. */
  place(): { readonly rank: number; readonly size: number };
  /** `from` may be `to`. */
  allReduce(from: Values, to: Values, operation: Handle): void;
  allGather(from: Values, to: Values): void;
  reduceScatter(from: Values, to: Values): void;
  broadcast(values: Values, root: number): void;
  barrier(): void;
  /** Ends all processes of the job. */
  abort(code: number): void;
  finalize(): void;
  /** The library's own description of itself, one line. */
  version(): string;
}

const textLength = 8192; // MPI_MAX_LIBRARY_VERSION_STRING is 8192 in the standard ABI and MPICH, 256 in Open MPI

/**
 * Binds the functions without calling any.
 *
 * @param yielding Whether a waiting call yields its core between polls, for ranks that share cores. MPICH's own calls do not yield: with four ranks on two
 * cores an all-reduce of 64 floats took 26 ms, most of it spent waiting for the other ranks to be scheduled.
 */
export function bindCalls({ handle: library, abi }: MpiLibrary, yielding: boolean): MpiCalls {
  const bind = (name: string, parameters: string): ((...given: unknown[]) => number) =>
    library.func(`int MPI_${name}(${parameters.replaceAll('HANDLE', abi.handle)})`) as never;
  const text = (ask: (buffer: Buffer, length: number[]) => void): string => {
    const [buffer, length] = [Buffer.alloc(textLength), [0]];
    ask(buffer, length);
    return buffer.toString('latin1', 0, length[0]!).replace(/\0.*$/s, '').trim();
  };
  const errorString = bind('Error_string', 'int code, void *text, _Out_ int *length');
  const checked = (name: string, parameters: string): ((...given: unknown[]) => void) => {
    const call = bind(name, parameters);
    return (...given) => {
      const code = call(...given);
      if (code === 0) return;
      const says = text((buffer, length) => errorString(code, buffer, length));
      throw new BackendError(`MPI_${name}`, `failed: ${says}.`, 'All ranks must make the same call with the same number of values.');
    };
  };
  const test = checked('Test', 'void *request, _Out_ int *flag, void *status');
  const yieldCore = yielding ? (library.func('int sched_yield()') as () => number) : () => 0; // from libc, which the library is linked to
  /** A call made by all ranks; if it is to yield, it is started non-blocking and polled. */
  const collective = (name: string, parameters: string): ((...given: unknown[]) => void) => {
    if (!yielding) return checked(name, parameters);
    const begin = checked(`I${name.toLowerCase()}`, `${parameters}, void *request`);
    return (...given) => {
      const [request, done] = [Buffer.alloc(8), [0]]; // an int in MPICH, an address elsewhere
      begin(...given, request);
      for (test(request, done, abi.statusIgnore); done[0] === 0; test(request, done, abi.statusIgnore)) yieldCore();
    };
  };
  const asked = (call: (...given: unknown[]) => void): number => {
    const answer = [0];
    call(abi.world, answer);
    return answer[0]!;
  };

  const initialized = checked('Initialized', '_Out_ int *flag');
  const initThread = checked('Init_thread', 'void *argc, void *argv, int required, _Out_ int *provided');
  const setErrorHandler = checked('Comm_set_errhandler', 'HANDLE world, HANDLE handler');
  const commRank = checked('Comm_rank', 'HANDLE world, _Out_ int *rank');
  const commSize = checked('Comm_size', 'HANDLE world, _Out_ int *size');
  const allreduce = collective('Allreduce', 'void *from, void *to, int count, HANDLE type, HANDLE operation, HANDLE world');
  const allgather = collective('Allgather', 'void *from, int sent, HANDLE fromType, void *to, int received, HANDLE toType, HANDLE world');
  const reduceScatterBlock = collective('Reduce_scatter_block', 'void *from, void *to, int count, HANDLE type, HANDLE operation, HANDLE world');
  const bcast = collective('Bcast', 'void *values, int count, HANDLE type, int root, HANDLE world');
  const barrier = collective('Barrier', 'HANDLE world');
  const abort = bind('Abort', 'HANDLE world, int code');
  const finalize = checked('Finalize', '');
  const libraryVersion = bind('Get_library_version', 'void *text, _Out_ int *length');

  return {
    initialized() {
      const flag = [0];
      initialized(flag);
      return flag[0] !== 0;
    },
    init() {
      initThread(null, null, abi.funneled, [0]);
      setErrorHandler(abi.world, abi.errorsReturn);
    },
    place: () => ({ rank: asked(commRank), size: asked(commSize) }),
    allReduce: (from, to, operation) => allreduce(from === to ? abi.inPlace : from, to, from.length, typeOf(abi, from), operation, abi.world),
    allGather: (from, to) => allgather(from, from.length, typeOf(abi, from), to, from.length, typeOf(abi, from), abi.world),
    reduceScatter: (from, to) => reduceScatterBlock(from, to, to.length, typeOf(abi, from), abi.sum, abi.world),
    broadcast: (values, root) => bcast(values, values.length, typeOf(abi, values), root, abi.world),
    barrier: () => barrier(abi.world),
    abort: (code) => void abort(abi.world, code),
    finalize: () => finalize(),
    version: () => text((buffer, length) => libraryVersion(buffer, length)).split('\n')[0]!.trim(),
  };
}

const typeOf = (abi: BinaryInterface, values: Values): Handle => (values instanceof Int32Array ? abi.int32 : abi.float32);
