import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { Behaviour, Step } from './support/fakes.js';

const script = fileURLToPath(new URL('support/set-up-process.ts', import.meta.url));

/** Runs a set-up in a process of its own. */
function start(cache: string, behaviour: Behaviour): Promise<{ signal: string | null; output: string }> {
  return new Promise((resolve) => {
    const args = ['--conditions=@kindred/source', '--import', 'tsx', script, cache, JSON.stringify(behaviour)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NODE_OPTIONS: '' } });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('close', (_, signal) => resolve({ signal, output }));
  });
}

async function inCache(use: (cache: string, log: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'kindred-'));
  try {
    await use(join(folder, 'cache'), join(folder, 'log'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

const stepsIn = (log: string): string[] =>
  readFileSync(log, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(' ')[1]!);

// The second run waits until the dead one's lock is stale: 2 s here, 15 s in life
test.concurrent.each<[Step, Step[]]>([
  ['download', ['download', 'download', 'compile', 'check']],
  ['compile', ['download', 'compile', 'compile', 'check']],
  ['check', ['download', 'compile', 'check', 'check']],
])('killed in %s, the next run goes on from the last finished stage', (diesAt, steps) =>
  inCache(async (cache, log) => {
    expect((await start(cache, { diesAt, log })).signal).toBe('SIGKILL');
    const { output } = await start(cache, { log });
    expect(stepsIn(log)).toEqual(steps);
    expect(readdirSync(join(cache, 'tensorflow'))).toEqual([output.slice(output.lastIndexOf('/') + 1)]);
  }),
  60_000,
);

test.concurrent('two at once do the work once, also when it takes longer than a lock stays fresh', () =>
  inCache(async (cache, log) => {
    const behaviour = { delay: 4000, log };
    const [first, second] = await Promise.all([start(cache, behaviour), start(cache, behaviour)]);
    expect(first.output).not.toBe('');
    expect(second.output).toBe(first.output);
    expect(stepsIn(log)).toEqual(['download', 'compile', 'check']);
  }),
  60_000,
);
