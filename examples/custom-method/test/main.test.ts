import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const root = new URL('../../../', import.meta.url).pathname;
const run = (name: string): string =>
  execFileSync(process.execPath, ['--conditions=@kindred/source', '--import', 'tsx', 'tools/run-example.ts', name], { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

test('a strategy of one\'s own trains: its loss falls', () => {
  const losses = [...run('custom-method').matchAll(/loss ([\d.]+)/g)].map(([, loss]) => Number(loss));
  expect(losses).toHaveLength(4);
  expect(losses[3]!).toBeLessThan(losses[0]!);
});

test('the strategy is under 40 lines', () => {
  const text = readFileSync(new URL('../src/main.ts', import.meta.url), 'utf8');
  const [strategy] = /const halfway = [^]*?\n {2}\}\);\n/.exec(text)!;
  expect(strategy.split('\n').length).toBeLessThan(40);
});

test('NNBYOL is BYOL with one line changed, and has another loss', () => {
  const [byol, nnbyol] = [...run('compose').matchAll(/(?:nn)?byol: (-?[\d.]+)/g)].map(([, loss]) => Number(loss));
  expect(nnbyol).not.toBe(byol);
});
