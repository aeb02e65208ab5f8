/** The kernels of wasm/pixels.ts with separate memory. */
import { kernels as module } from './pixel-kernels.js';

/** The kernels; what each does is said in wasm/pixels.ts. Addresses are in bytes. */
export interface Kernels {
  planesOfBytes(from: number, width: number, height: number, to: number, stride: number, plane: number): void;
  planesOfFloats(from: number, width: number, height: number, to: number, stride: number, plane: number): void;
  pixelsOfPlanes(from: number, stride: number, plane: number, to: number, width: number, height: number): void;
  pixelsOfTurnedPlanes(from: number, stride: number, plane: number, to: number, width: number, height: number): void;
  transpose(from: number, stride: number, rows: number, columns: number, to: number, toStride: number): void;
  combineRows(from: number, stride: number, to: number, rows: number, starts: number, weights: number, taps: number, cut: boolean): void;
  sum(at: number, stride: number, width: number, height: number): number;
  scale(at: number, count: number, factor: number, shift: number, cut: boolean): void;
  blend(
    at: number, plane: number, own: number, gray: number, red: number, green: number, blue: number,
    shiftR: number, shiftG: number, shiftB: number, cut: boolean,
  ): void;
  changeHsv(at: number, plane: number, turns: number, saturation: number): void;
  solarize(at: number, count: number, threshold: number): void;
  reverseRows(at: number, stride: number, rows: number): void;
  rotate(from: number, stride: number, width: number, height: number, to: number, cosine: number, sine: number, fill: number): void;
}

/** Memory by names: what is reserved under a name stays there until more is asked for under it. */
export interface KernelMemory {
  readonly kernels: Kernels;
  /** The address of at least `bytes` bytes, a multiple of 64. What was there under this name may be lost. */
  reserve(name: string, bytes: number): number;
  /** All of the memory. A later `reserve` may replace it. */
  bytes(): Uint8Array;
  /** The same as float32. */
  numbers(): Float32Array;
  /** The same as int32. */
  integers(): Int32Array;
}

interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

interface Host {
  readonly WebAssembly?: {
    readonly Module: new (bytes: Uint8Array) => unknown;
    readonly Instance: new (module: unknown, imports?: object) => { readonly exports: unknown };
  };
  atob(text: string): string;
}

const PAGE = 65_536;
/** Kernels read past the end of what they are given. */
const SLACK = 128;

/** Kernels with separate memory; undefined without WebAssembly with vector instructions. */
export function kernelMemory(): KernelMemory | undefined {
  const { WebAssembly, atob } = globalThis as unknown as Host;
  if (WebAssembly === undefined) return undefined;
  let exports: Kernels & { readonly memory: Memory };
  try {
    const text = atob(module);
    const bytes = Uint8Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
    exports = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as typeof exports;
  } catch {
    return undefined; // no vector instructions, or a page that forbids compilation
  }
  const { memory } = exports;
  const places = new Map<string, { address: number; size: number }>();
  let end = 1024;
  let views = viewsOf(memory.buffer);
  const fresh = (): typeof views => {
    if (views.bytes.buffer !== memory.buffer) views = viewsOf(memory.buffer);
    return views;
  };

  return {
    kernels: exports,
    reserve(name, bytes) {
      const place = places.get(name);
      if (place !== undefined && place.size >= bytes) return place.address;
      // half as much again: images that grow slowly would leave many holes behind
      const size = (Math.ceil(Math.max(bytes, 1.5 * (place?.size ?? 0))) + SLACK + 63) & ~63;
      const address = end;
      end += size;
      const missing = end + SLACK - memory.buffer.byteLength;
      if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
      places.set(name, { address, size: size - SLACK });
      return address;
    },
    bytes: () => fresh().bytes,
    numbers: () => fresh().numbers,
    integers: () => fresh().integers,
  };
}

const viewsOf = (buffer: ArrayBuffer): { bytes: Uint8Array; numbers: Float32Array; integers: Int32Array } => ({
  bytes: new Uint8Array(buffer),
  numbers: new Float32Array(buffer),
  integers: new Int32Array(buffer),
});
