/** What docs/architecture.md names is there. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const text = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
const quoted = [...text.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code!);

test('every file and folder that it names exists', () => {
  const paths = quoted.filter((code) => /^[\w@.-]+(\/[\w.-]+)+\/?$/.test(code) && !code.startsWith('@kindred/') && !/^(src|\.|checkpoints|runs\/<)/.test(code));
  expect(paths.length).toBeGreaterThan(30);
  expect(paths.filter((path) => !existsSync(join(root, path)) && !existsSync(join(root, 'packages', path)))).toEqual([]);
});

test('the way of one picture from disk to weights has at most a dozen hops', () => {
  const section = text.split('## From a JPEG to weights')[1]!.split('\n## ')[0]!;
  const hops = [...section.matchAll(/^(\d+)\. /gm)].map(([, number]) => Number(number));
  expect(hops).toEqual(Array.from({ length: hops.length }, (_, i) => i + 1));
  expect(hops.length).toBeLessThanOrEqual(12);
});

const sources = readdirSync(join(root, 'packages')).flatMap((name) =>
  (existsSync(join(root, 'packages', name, 'src')) ? readdirSync(join(root, 'packages', name, 'src'), { recursive: true, encoding: 'utf8' }) : [])
    .filter((file) => file.endsWith('.ts'))
    .map((file) => ({ name, file: `${name}/src/${file}`, source: readFileSync(join(root, 'packages', name, 'src', file), 'utf8') })),
);
/** The files that have a line like this. */
const having = (line: RegExp): string[] => sources.filter(({ source }) => line.test(source)).map(({ file }) => file);

test('a package imports only packages of lower lines in the picture', () => {
  const names = new Set(sources.map(({ name }) => name));
  const picture = text.split('```text\n')[1]!.split('```')[0]!;
  const lines = picture.split('\n').map((line) => {
    const words = line.split(/ +/);
    const rest = words.findIndex((word) => !names.has(word));
    return rest < 0 ? words : words.slice(0, rest);
  });
  expect(lines.flat().sort()).toEqual([...names].sort());
  const heightOf = (name: string): number => lines.findIndex((line) => line.includes(name));
  const upwards = sources.flatMap(({ name, file, source }) =>
    [...source.matchAll(/^(?:import|export) [^;]*?from '@kindred\/([\w-]+)/gm)]
      .map(([, other]) => other!)
      .filter((other) => other !== name && other !== 'tensorflow' && heightOf(other) <= heightOf(name) && name !== 'tensorflow')
      .map((other) => `${file} imports ${other}`),
  );
  expect(upwards).toEqual([]);
});

test('errors are the only classes, and are told apart by their names', () => {
  expect(having(/^\s*(?:export )?(?:abstract )?class /m)).toEqual(['core/src/errors.ts']);
  expect(having(/^(?! \*|\/\/).*instanceof (?:Kindred|Argument|Shape|State|Backend|Data|Settings|Divergence)Error/m)).toEqual([]);
});

test('modules have no variables, apart from the engine', () => {
  // of the watchdog it is the text of its thread
  expect(having(/^(?:export )?(?:let|var) /m).filter((file) => !file.startsWith('tensorflow/') && file !== 'distributed/src/node/watchdog.ts')).toEqual([]);
});
