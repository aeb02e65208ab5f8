/** What the Tab key offers. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { completionsOf } from '../src/completions.js';
import { makeProgram } from '../src/program.js';
import { bundledProgram, kindred } from './support.js';

const program = makeProgram('0.0.0');
const commands = program.createHelp().visibleCommands(program).filter((command) => command.name() !== 'help');
const names = (...words: string[]): unknown => {
  const found = completionsOf(program, words);
  return found === 'files' ? found : found.map(({ name }) => name);
};

test('commands by their beginning, without those that shells call', () => {
  expect(names('e')).toEqual(['evaluate', 'embed', 'export']);
  expect(names('')).toEqual([...commands.map((command) => command.name()), 'help']);
  expect(names('completion')).toEqual(['completion']);
});

test('options of the command, their values, and files for what has none', () => {
  expect(names('--v')).toEqual(['--version']);
  expect(names('index', '--')).toEqual(['--out', '--images', '--kind', '--help']);
  expect(names('index', 'photos.safetensors', '--kind', '')).toEqual(['auto', 'exact', 'approximate']);
  expect(names('index', '--kind', 'app')).toEqual(['approximate']);
  expect(names('pretrain', '--recipe', 'byol')).toContain('byol-imagenet-paper');
  expect(names('index', '--out', '')).toBe('files');
  expect(names('index', 'pho')).toBe('files');
  expect(names('evaluate', 'runs/a', 'runs/')).toBe('files'); // as many as there are
  expect(names('evaluate', '--best', 'runs/a', '--k')).toEqual([]);
});

test('nothing where no word can follow', () => {
  expect(names('index', '--kind', 'exact', 'photos.safetensors', 'x')).toEqual([]);
  expect(names('nonsense', '')).toEqual([]);
  expect(names('completion', '')).toEqual(['bash', 'zsh', 'fish']);
});

test('what every start of the program loads: no engine, no tfjs, no settings', () => {
  const folder = dirname(bundledProgram);
  const [seen, others] = [new Set<string>(), new Set<string>()];
  const follow = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    // what the bundle imports at once, not by import() when a command needs it
    for (const [, from] of readFileSync(join(folder, file), 'utf8').matchAll(/^(?:import|export)\b(?:[^'"();]*?\bfrom)? ?["']([^"']+)["'];/gm)) {
      if (from!.startsWith('./')) follow(from!);
      else if (!isBuiltin(from!)) others.add(from!);
    }
  };
  follow(basename(bundledProgram));
  // a Tab press takes a tenth of a second with these, and took two with @kindred/runs and @kindred/tensorflow
  expect([...others].sort()).toEqual(['@commander-js/extra-typings', 'cli-progress', 'cli-table3', 'commander', 'consola']);
});

test.for(commands.map((command) => [command.name(), command] as const))('kindred %s --help has examples of itself', ([name, command]) => {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) }).outputHelp();
  const examples = text.split(/^Examples?:$/m)[1]?.trim().split('\n') ?? [];
  expect(examples.length).toBeGreaterThan(0);
  for (const example of examples) expect(example).toMatch(new RegExp(`kindred ${name}\\b|^ {4,}`));
});

test('bash completes commands, options, values and files by the script', { timeout: 180_000 }, async () => {
  const { stdout: script } = await kindred('completion', 'bash');
  const folder = mkdtempSync(join(tmpdir(), 'kindred-completion-'));
  try {
    writeFileSync(join(folder, 'script'), script);
    writeFileSync(join(folder, 'photos.safetensors'), '');
    const ask = (line: string): string => `COMP_LINE='${line}' COMP_POINT=${line.length} COMP_WORDS=(${line.replace(/ $/, " ''")}) COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)) COMPREPLY=()
_kindred_completion; echo "\${COMPREPLY[*]}"`;
    const shell = `kindred() { '${process.execPath}' '${bundledProgram}' "$@"; }
source ./script
${['kindred em', 'kindred index --k', 'kindred search --format '].map(ask).join('\n')}
complete -p kindred`;
    const lines = execFileSync('bash', ['--norc', '-c', shell], { cwd: folder, encoding: 'utf8' }).trim().split('\n');
    expect(lines).toEqual(['embed', '--kind', 'table json', expect.stringMatching(/^complete -o default -F _kindred_completion kindred$/)]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
