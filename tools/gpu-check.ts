/**
 * `npm run gpu-check [-- --out gpu.md]`: what a machine with an NVIDIA card shows of Kindred, in some ten minutes. Sets the engine up, then in processes
 * of their own: `doctor`, the tests of the kernels, a training step in float32 and bfloat16 (against PyTorch where `KINDRED_PYTHON` names a Python that
 * has it), 500 steps of NNCLR, and the same stopped half-way and resumed. What each prints goes into a Markdown file; a check that fails does not end the others.
 *
 * `--cpu` runs it on a machine without a card. The exit code is 1 if a check failed.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { decodeSafetensors } from '../packages/core/src/index.js';

const { values } = parseArgs({ options: { out: { type: 'string', default: 'gpu-check.md' }, cpu: { type: 'boolean', default: false }, steps: { type: 'string', default: '500' } } });
const root = join(import.meta.dirname, '..');
const runs = mkdtempSync(join(tmpdir(), 'kindred-gpu-check-'));
const steps = Number(values.steps);
const source = ['--conditions=@kindred/source', '--import', 'tsx'];

interface Outcome {
  readonly name: string;
  readonly command: string;
  readonly code: number | null;
  readonly seconds: number;
  readonly said: string;
}

/** Runs a command; with `until` it is interrupted once that is true. */
async function command(name: string, args: readonly string[], until?: () => boolean): Promise<Outcome> {
  console.log(`${name}: node ${args.join(' ')}`);
  const started = performance.now();
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (said += text.toString()));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  let running = true;
  void ended.then(() => (running = false));
  while (until && running && !until()) await wait(50);
  if (until && running) child.kill('SIGINT');
  const code = await ended;
  const seconds = (performance.now() - started) / 1000;
  console.log(`${name}: ${code === 0 ? 'passed' : `exit code ${code}`}, ${seconds.toFixed(0)} s`);
  return { name, command: `node ${args.join(' ')}`, code, seconds, said };
}

const kindred = (...args: readonly string[]): string[] => [...source, 'packages/cli/src/main.ts', ...args];
// 120 divides the 60,000 images: an epoch is 500 steps
const training = (name: string): string[] =>
  kindred('pretrain', '--recipe', 'fashion-mnist-nnclr', '--runs', runs, '--name', name, '--set', 'epochs=1', '--set', `batchSize=${60_000 / steps}`, '--set', 'precision=auto', '--set', 'checkpointEvery=50');

const stepsOf = (name: string): number => {
  const file = join(runs, name, 'metrics.jsonl');
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0;
};

/** The worst relative difference of two runs' encoders: to the bit on a CPU, not on a GPU, whose sums come in any order. */
function resumed(): Outcome {
  const started = performance.now();
  const load = (name: string) => decodeSafetensors(readFileSync(join(runs, name, 'encoder.safetensors'))).tensors;
  try {
    const [whole, again] = [load('whole'), load('resumed')];
    const worst = Object.entries(whole).map(([name, tensor]): [string, number] => {
      const [a, b] = [tensor.values, again[name]!.values];
      const scale = Math.max(...Array.from(a, Math.abs));
      return [name, Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!))) / scale];
    });
    const [name, difference] = worst.reduce((most, each) => (each[1] > most[1] ? each : most));
    const said = `largest difference of a run that was stopped and resumed to one that was not, relative to the tensor's largest value: ${difference.toExponential(1)} (${name})`;
    return { name: 'resume: the same ending', command: '', code: 0, seconds: (performance.now() - started) / 1000, said };
  } catch (error) {
    return { name: 'resume: the same ending', command: '', code: 1, seconds: 0, said: (error as Error).message };
  }
}

const outcomes: Outcome[] = [];
outcomes.push(await command('set-up', [...source, 'packages/tensorflow/src/bin.ts', values.cpu ? '--cpu' : '--gpu', '--require']));
outcomes.push(await command('doctor', kindred('doctor')));
outcomes.push(await command('tests of the kernels', ['node_modules/vitest/vitest.mjs', 'run', '--project', '@kindred/tensorflow', '--reporter', 'dot']));
outcomes.push(await command('training step', [...source, 'bench/main.ts', 'backbones/step']));
outcomes.push(await command(`${steps} steps of NNCLR`, training('whole')));
outcomes.push(await command('the same, stopped', training('resumed'), () => stepsOf('resumed') >= steps / 2));
outcomes.push(await command('and resumed', kindred('pretrain', '--resume', join(runs, 'resumed'))));
outcomes.push(resumed());
rmSync(runs, { recursive: true, force: true });

/** What a terminal would show: without colours, of a line that is written over the last state. */
const plain = (text: string): string => text.replace(/\u001B\[[0-9;?]*[A-Za-z]/g, '').split('\n').map((line) => line.split('\r').at(-1)!).join('\n').trim();
const sections = outcomes.map(({ name, command: line, code, seconds, said }) => [`## ${name}`, `${code === 0 ? 'Passed' : `**Exit code ${code}**`} after ${seconds.toFixed(0)} s.`, ...(line ? ['```sh', line, '```'] : []), '```text', plain(said), '```'].join('\n'));
writeFileSync(values.out, `# What this machine shows\n\n${sections.join('\n\n')}\n`);
// a run that was interrupted ends with 130, as it should
const failed = outcomes.filter(({ name, code }) => code !== 0 && !(name === 'the same, stopped' && code === 130));
console.log(`${values.out}: ${failed.length === 0 ? 'all passed' : `failed: ${failed.map(({ name }) => name).join(', ')}`}`);
if (failed.length > 0) process.exitCode = 1;
