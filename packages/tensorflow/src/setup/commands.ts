/** The programs that the set-up runs: Python's pip, a C++ compiler, and Node to try the addon. */
import { spawn } from 'node:child_process';

/** How a program ended. */
export interface Finished {
  /** 0 on success; null if it was killed or is not installed. */
  readonly code: number | null;
  /** What it printed on both streams. */
  readonly output: string;
  /** There is no such program. */
  readonly missing: boolean;
}

/** Runs programs. Tests replace it. */
export interface Commands {
  /** Runs `program` to its end. A failure is a result, not a rejection. */
  run(program: string, args: readonly string[], environment?: Readonly<Record<string, string>>): Promise<Finished>;
}

/** The programs of this machine. Asynchronous, so that the lock's heartbeat goes on meanwhile. */
export const systemCommands: Commands = {
  run(program, args, environment = {}) {
    return new Promise((resolve) => {
      const child = spawn(program, args, { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
      const chunks: Buffer[] = [];
      child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
      child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
      const output = (): string => Buffer.concat(chunks).toString('utf8').trim();
      child.on('error', (error: NodeJS.ErrnoException) => {
        resolve({ code: null, output: output() || error.message, missing: error.code === 'ENOENT' });
      });
      child.on('close', (code) => resolve({ code, output: output(), missing: false }));
    });
  },
};

/** The last lines of a program's output, on one line, to stand before a full stop. */
export function lastLines({ output }: Finished, count = 3): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  return lines.slice(-count).join(' | ').replace(/\.$/, '');
}
