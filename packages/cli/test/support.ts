/** The command line as a child process, and the runs of `@kindred/runs`'s own tests. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import type {} from './bundled-program.js';

export { evaluation, full, row, trained } from '../../runs/test/evaluations.js';
export { settingsOn, stripedImages } from '../../runs/test/support.js';

export function writeSettings(settings: unknown): string {
  const file = join(mkdtempSync(join(tmpdir(), 'kindred-settings-')), 'run.json');
  writeFileSync(file, JSON.stringify(settings));
  return file;
}

/** The bundle of `src/main.ts`. */
export const bundledProgram = inject('kindred');

/** Starts `kindred` with arguments. */
export const start = (...args: string[]): ChildProcess =>
  spawn(process.execPath, [bundledProgram, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });

/** How a child ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `kindred` to its end. */
export function kindred(...args: string[]): Promise<Ended> {
  return ended(start(...args));
}

export function ended(child: ChildProcess): Promise<Ended> {
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (text: Buffer) => (stdout += text.toString()));
  child.stderr?.on('data', (text: Buffer) => (stderr += text.toString()));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
}
