import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

test('hides what is printed meanwhile; standard error outlives it, and a worker that used it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kindred-'));
  const file = join(folder, 'errors');
  const errors = openSync(file, 'w');
  const script = fileURLToPath(new URL('support/quiet-process.ts', import.meta.url));
  const args = ['--conditions=@kindred/source', '--import', 'tsx', script];
  const { status } = spawnSync(process.execPath, args, { stdio: ['ignore', 'ignore', errors], env: { ...process.env, NODE_OPTIONS: '' } });
  closeSync(errors);
  const text = readFileSync(file, 'utf8');
  rmSync(folder, { recursive: true });
  expect(text).toBe('before\nbetween\nafter\n');
  expect(status).toBe(0);
}, 60_000);
