/** What docs/architecture.md names is there. */
import { existsSync, readFileSync } from 'node:fs';
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
