import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { useTensorFlow } from '@kindred/tensorflow';
import { afterAll, expect, test } from 'vitest';

const engine = await useTensorFlow({ quiet: true });
const script = fileURLToPath(new URL('../src/bin.ts', import.meta.url));
const empty = mkdtempSync(join(tmpdir(), 'kindred-'));
afterAll(() => rmSync(empty, { recursive: true }));

/** Runs the program; `cut` leaves it without Python and compiler, in an empty cache. */
function program(flags: readonly string[], cut = false): { status: number | null; stdout: string; stderr: string } {
  const nothing = { PATH: empty, PYTHON: '', CXX: '', KINDRED_CACHE: empty };
  const args = ['--conditions=@kindred/source', '--import', 'tsx', script, ...flags];
  return spawnSync(process.execPath, args, { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '', ...(cut ? nothing : {}) } });
}

test.runIf(engine.source === 'cache')('says where a finished engine is', () => {
  const { status, stdout } = program([engine.device === 'GPU' ? '--gpu' : '--cpu']);
  expect(stdout).toMatch(/^TensorFlow [\d.]+ is ready in \//);
  expect(status).toBe(0);
});

test('where it cannot set up it warns and lets the run go on, unless required', () => {
  const { status, stderr } = program(['--cpu'], true);
  expect(stderr).toContain('apt-get install -y python3-pip');
  expect(stderr).toContain('plain JavaScript');
  expect(status).toBe(0);
  expect(program(['--cpu', '--require'], true).status).toBe(1);
}, 60_000);

test('unknown and contradicting flags are refused with the help', () => {
  const { status, stderr } = program(['--cpu', '--gpu']);
  expect(stderr).toContain('--cpu and --gpu exclude each other.\n\nkindred-tensorflow [--cpu | --gpu]');
  expect(status).toBe(2);
  expect(program(['--fast']).stderr).toContain("Unknown option '--fast'");
}, 60_000);
