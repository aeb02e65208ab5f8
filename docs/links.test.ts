/** Links between the documents lead somewhere: to a file, and to a heading of it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const documents = ['README.md', ...['docs', 'packages', 'examples'].flatMap((folder) => readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)))].filter(
  (name) => name.endsWith('.md') && !/(^|\/)(node_modules|dist|site)\//.test(name),
);
const withoutCode = (text: string): string => text.replaceAll(/^```.*?^```/gms, '').replaceAll(/`[^`\n]*`/g, '');

/** The anchor of a heading, as GitHub makes it. */
const slug = (heading: string): string =>
  heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').trim().replaceAll(/\s/g, '-');
const anchorsOf = (file: string): Set<string> => new Set([...readFileSync(file, 'utf8').replaceAll(/^```.*?^```/gms, '').matchAll(/^#+ (.+)$/gm)].map(([, heading]) => slug(heading!)));

test('documents are found', () => expect(documents.length).toBeGreaterThan(40));

test.for(documents)('%s', (name) => {
  const file = join(root, name);
  const faults = [...withoutCode(readFileSync(file, 'utf8')).matchAll(/\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g)].flatMap(([, link]) => {
    if (/^[a-z]+:/.test(link!)) return [];
    const [path = '', anchor] = link!.split('#', 2);
    const target = path === '' ? file : resolve(dirname(file), decodeURI(path));
    if (!existsSync(target) || relative(root, target).startsWith('..')) return [`${link} is not there`];
    return anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).has(anchor) ? [`${link} has no such heading`] : [];
  });
  expect(faults).toEqual([]);
});
