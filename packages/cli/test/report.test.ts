import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkSettings, pretrainRun, PretrainSettings } from '@kindred/runs';
import { beforeAll, describe, expect, test } from 'vitest';
import { kindred, settingsOn, stripedImages } from './support.js';

const runs = mkdtempSync(join(tmpdir(), 'kindred-report-'));
const run = join(runs, 'striped');
beforeAll(async () => {
  await pretrainRun(checkSettings('test', PretrainSettings, { ...settingsOn(await stripedImages()), epochs: 2 }), { root: runs });
}, 60_000);

describe('kindred report', () => {
  test('writes to --out and says where and how large', async () => {
    const out = join(runs, 'told.html');
    const { code, stdout, stderr } = await kindred('report', run, '--out', out, '--samples', '9');
    expect(code, stderr).toBe(0);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/told\.html, 0\.\d MB/);
    expect(existsSync(out)).toBe(true);
  }, 60_000);

  test('counts samples in whole numbers', async () => {
    const { code, stderr } = await kindred('report', run, '--samples', 'many');
    expect(code).toBe(1);
    expect(stderr).toContain("option '--samples <count>' argument 'many' is invalid. expected a whole number above 0.");
  }, 60_000);
});
