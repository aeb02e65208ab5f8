/** Whether the machine computes in bfloat16 by itself. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Whether processor or GPU has instructions for bfloat16. */
export function hasBFloat16(gpu: boolean, sources: { readonly processor: () => string; readonly capability: () => string } = { processor, capability }): boolean {
  if (gpu) return Number.parseFloat(sources.capability()) >= 8;
  return /\b(amx_bf16|avx512_bf16)\b/.test(sources.processor());
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
