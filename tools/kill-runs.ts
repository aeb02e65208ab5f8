/**
 * Kills runs with SIGKILL at random moments, from the start of the process on, resumes each, and compares how they end with a run that
 * was left alone: the same bytes in every file but for times and speeds, and no file more.
 *
 *   node --conditions=@kindred/source --import tsx tools/kill-runs.ts --times 100 --seed 1
 *
 * A run takes seconds; a hundred take about half an hour on two cores. The exit code is 1 if an ending differs.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { random } from '../packages/core/src/index.js';
import { settingsOn, stripedImages } from '../packages/runs/test/support.js';

const { values } = parseArgs({ options: { times: { type: 'string', default: '100' }, seed: { type: 'string', default: '1' } } });
const times = Number(values.times);
const stream = random(Number(values.seed)).fork('kills');
const program = new URL('../packages/cli/src/main.ts', import.meta.url).pathname;

/** Starts `kindred`; with `after` milliseconds kills it then. */
async function kindred(args: readonly string[], after?: number): Promise<{ readonly killed: boolean; readonly code: number | null; readonly said: string; readonly milliseconds: number }> {
  const started = performance.now();
  const child = spawn(process.execPath, ['--conditions=@kindred/source', '--import', 'tsx', program, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text: Buffer) => (said += text.toString()));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const killed = after !== undefined && (await Promise.race([ended.then(() => false), wait(after).then(() => child.kill('SIGKILL'))]));
  return { killed, code: await ended, said, milliseconds: performance.now() - started };
}

/** Every file of a run by its path: a digest of what does not depend on time. */
function ending(run: string): Map<string, string> {
  const files = readdirSync(run, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const entries = files.map((entry): [string, string] => {
    const path = join(entry.parentPath, entry.name);
    const bytes = readFileSync(path);
    const parsed = (line: string): Record<string, unknown> => JSON.parse(line) as Record<string, unknown>;
    const timeless =
      entry.name === 'metrics.jsonl' ? bytes.toString().split('\n').filter(Boolean).map((line) => ({ ...parsed(line), samplesPerSecond: 0, waiting: 0 }))
      : entry.name === 'environment.json' ? Object.keys(parsed(bytes.toString())).sort()
      : entry.name === 'run.json' ? { ...parsed(bytes.toString()), created: '' }
      : bytes;
    return [path.slice(run.length + 1), createHash('sha256').update(Buffer.isBuffer(timeless) ? timeless : JSON.stringify(timeless)).digest('hex')];
  });
  return new Map(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const images = await stripedImages();
const root = mkdtempSync(join(tmpdir(), 'kindred-killed-'));
const settings = join(root, 'settings.json');
writeFileSync(settings, JSON.stringify(settingsOn(images)));
const whole = await kindred(['pretrain', settings, '--runs', join(root, 'whole')]);
if (whole.code !== 0) throw new Error(whole.said);
const expected = ending(join(root, 'whole', 'striped'));
console.log(`a run takes ${(whole.milliseconds / 1000).toFixed(1)} s and leaves ${expected.size} files`);

let [kills, same] = [0, 0];
while (kills < times) {
  const runs = join(root, `killed-${kills}`);
  const run = join(runs, 'striped');
  const moment = stream.uniform(0, whole.milliseconds);
  rmSync(runs, { recursive: true, force: true });
  if (!(await kindred(['pretrain', settings, '--runs', runs], moment)).killed) continue; // it was faster than the first
  kills++;
  const steps = existsSync(join(run, 'metrics.jsonl')) ? readFileSync(join(run, 'metrics.jsonl'), 'utf8').split('\n').length - 1 : 0;
  const again = await kindred(existsSync(join(run, 'config.json')) ? ['pretrain', '--resume', run] : ['pretrain', settings, '--runs', runs]);
  const found = again.code === 0 ? ending(run) : new Map<string, string>();
  const different = [...new Set([...expected.keys(), ...found.keys()])].filter((name) => expected.get(name) !== found.get(name));
  if (different.length === 0) same++;
  console.log(`${kills}: killed after ${moment.toFixed(0)} ms, ${steps} steps: ${different.length === 0 ? 'the same ending' : `differs in ${different.join(', ')}\n${again.said}`}`);
  rmSync(runs, { recursive: true, force: true });
}
console.log(`${same} of ${kills} endings are the same`);
for (const folder of [images, root]) rmSync(folder, { recursive: true });
if (same < kills) process.exitCode = 1;
