/** Checks the site that `npm run docs` has built: every link within it leads to a page, an anchor or a file, and nothing is fetched from elsewhere. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const site = resolve(process.argv[2] ?? 'docs/site');
const pages = readdirSync(site, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.html'));
const html = new Map(pages.map((name) => [join(site, name), readFileSync(join(site, name), 'utf8')]));
const anchors = new Map([...html].map(([path, text]) => [path, new Set([...text.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => decode(id)))]));

/** Entities of HTML, then escapes of addresses. */
function decode(text) {
  const plain = text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
  try {
    return decodeURIComponent(plain);
  } catch {
    return plain;
  }
}

const faults = [];
let links = 0;
for (const [path, text] of html) {
  const here = relative(site, path);
  for (const [, name, raw] of text.matchAll(/<[a-z]+\b[^>]*?\s(href|src)="([^"]*)"/g)) {
    if (/^(https?:)?\/\//.test(raw)) {
      if (name === 'src') faults.push(`${here}: fetches ${raw}`);
      continue;
    }
    if (/^(data|mailto):/.test(raw)) continue;
    links++;
    const [file, anchor] = raw.split('#', 2).map(decode);
    const target = file === '' ? path : resolve(dirname(path), file.split('?')[0]);
    if (!existsSync(target) || !statSync(target).isFile()) faults.push(`${here}: ${raw} is not there`);
    else if (anchor && anchors.has(target) && !anchors.get(target).has(anchor)) faults.push(`${here}: ${raw} has no such anchor`);
  }
}
console.log(`${pages.length} pages, ${links} links within the site, ${faults.length} faults`);
for (const fault of faults.slice(0, 50)) console.error(fault);
process.exitCode = faults.length > 0 ? 1 : 0;
