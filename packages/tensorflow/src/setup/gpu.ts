/** Whether this machine has an NVIDIA card. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** A device file of the driver, or a card that `nvidia-smi` lists. */
export function hasNvidia(): boolean {
  if (existsSync('/dev/nvidia0')) return true;
  const { status, stdout } = spawnSync('nvidia-smi', ['-L'], { encoding: 'utf8' });
  return status === 0 && stdout.includes('GPU');
}
