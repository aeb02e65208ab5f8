import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { kindred } from './support.js';

test('kindred preview writes the sheet and says so; what is wrong is one line', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kindred-preview-'));
  const [picture, out] = [join(folder, 'picture.png'), join(folder, 'by-command.png')];
  await sharp({ create: { width: 32, height: 32, channels: 3, background: '#36c' } }).png().toFile(picture);
  const done = await kindred('preview', '--views', 'simsiam', '--data', picture, '--draws', '1', '--tile', '32', '--out', out);
  expect(done.code, done.stderr).toBe(0);
  expect(done.stdout).toBe('');
  expect(done.stderr.replaceAll(folder, '<folder>')).toContain('<folder>/by-command.png: 1 row,');
  const wrong = await kindred('preview', '--views', 'simsiam', '--count', '0');
  expect(wrong.code).toBe(1);
  expect(wrong.stderr).toContain("error: option '--count <images>' argument '0' is invalid. expected a whole number of 1 or more.");
}, 60_000);
