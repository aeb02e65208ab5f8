/** Whether the machine computes in bfloat16 by itself. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Whether processor or GPU has instructions for bfloat16. */
export function hasBFloat16(gpu: boolean, sources: { readonly processor: () => string; readonly capability: () => string } = { processor, capability }): boolean {
  if (gpu) return Number.parseFloat(sources.capability()) >= 8;
  return /\b(amx_bf16|avx512_bf16)\b/.test(sources.processor());
}

/** Whether the processor's vectors multiply and round bfloat16: all instructions that our wide ops are compiled for come with that. */
export const hasWideVectors = (flags: () => string = processor): boolean => /\bavx512_bf16\b/.test(flags());

/**
 * Whether our own convolutions are for this processor: it has such vectors, and no matrix unit, which the library uses and they do not. Both types were
 * found faster than the library's on one such (Zen 5, 2 threads); none other has been tried. Small filters' gradients are summed in sixteen parts: more threads would idle.
 */
export function convolvesFaster(threads: number, flags: () => string = processor): boolean {
  return threads <= 16 && hasWideVectors(flags) && !/\bamx_bf16\b/.test(flags());
}

function processor(): string {
  try {
    return /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? '';
  } catch {
    return ''; // not Linux
  }
}

function capability(): string {
  try {
    return execFileSync('nvidia-smi', ['--query-gpu=compute_cap', '--format=csv,noheader'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return '';
  }
}
