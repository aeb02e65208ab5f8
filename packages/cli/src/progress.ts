/** Progress on stderr: a bar in a terminal, plain lines elsewhere. */
import { Presets, SingleBar } from 'cli-progress';

/** A bar that counts. */
export interface Progress {
  update(done: number, facts?: Readonly<Record<string, string>>): void;
  stop(): void;
}

/**
 * Starts a bar of `total` things. `facts` fill the placeholders of `format`, in addition to cli-progress's own `{bar}`,
 * `{percentage}`, `{value}`, `{total}` and `{eta_formatted}`. Without a terminal a line is printed every ten seconds.
 */
export function startProgress(format: string, total: number, done = 0, facts: Readonly<Record<string, string>> = {}): Progress {
  const bar = new SingleBar(
    {
      format: process.stderr.isTTY ? format : format.replace('{bar} ', ''),
      stream: process.stderr,
      hideCursor: true,
      noTTYOutput: true,
      notTTYSchedule: 10_000,
      fps: 4,
      etaBuffer: 50,
      barsize: 24,
      gracefulExit: false,
    },
    Presets.shades_classic,
  );
  bar.start(total, done, facts);
  return {
    update: (value, changed = {}) => bar.update(value, changed),
    stop: () => bar.stop(),
  };
}
