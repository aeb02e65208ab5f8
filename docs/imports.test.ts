/** Arrows point down only: no circle of imports between packages, and none between the files of a package. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const packages = readdirSync(join(root, 'packages')).filter((name) => existsSync(join(root, 'packages', name, 'src')));

type Graph = ReadonlyMap<string, ReadonlySet<string>>;

/** What a file imports, types included: a circle of types is one for a reader, too. */
const importsOf = (file: string): string[] => ts.preProcessFile(readFileSync(file, 'utf8')).importedFiles.map(({ fileName }) => fileName);

const filesOf = (name: string): string[] =>
  readdirSync(join(root, 'packages', name, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
    .map((file) => join(root, 'packages', name, 'src', file));

/** The files of a package, without its index, which imports them all. */
function insideOf(name: string): Graph {
  const short = (file: string): string => relative(join(root, 'packages'), file);
  return new Map(
    filesOf(name).map((file) => {
      const own = importsOf(file).filter((specifier) => specifier.startsWith('.'));
      return [short(file), new Set(own.map((specifier) => short(join(dirname(file), specifier.replace(/\.js$/, '.ts')))))];
    }),
  );
}

const between: Graph = new Map(
  packages.map((name) => {
    const others = filesOf(name).flatMap((file) => importsOf(file).flatMap((specifier) => /^@kindred\/([\w-]+)/.exec(specifier)?.[1] ?? []));
    return [name, new Set(others.filter((other) => other !== name))];
  }),
);

/** The first circle that is found, as a path from a node back to itself. */
function circleIn(graph: Graph): string[] | undefined {
  const done = new Set<string>();
  const visit = (node: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node];
    if (done.has(node)) return undefined;
    for (const next of graph.get(node) ?? []) {
      const circle = visit(next, [...path, node]);
      if (circle !== undefined) return circle;
    }
    done.add(node);
    return undefined;
  };
  for (const node of graph.keys()) {
    const circle = visit(node, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

test('a circle is found, however long, and a diamond is none', () => {
  const graph = (edges: Record<string, string[]>): Graph => new Map(Object.entries(edges).map(([from, to]) => [from, new Set(to)]));
  expect(circleIn(graph({ a: ['b'], b: ['c'], c: ['d'], d: ['b'] }))).toEqual(['b', 'c', 'd', 'b']);
  expect(circleIn(graph({ a: ['b', 'c'], b: ['d'], c: ['d'], d: [] }))).toBeUndefined();
});

test('packages import one another without a circle', () => {
  expect(between.get('training')).toContain('core'); // the graph is there
  expect(circleIn(between)).toBeUndefined();
});

test.each(packages)('the files of %s import one another without a circle', (name) => {
  expect(circleIn(insideOf(name))).toBeUndefined();
});
