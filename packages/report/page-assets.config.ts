/**
 * Script and style of the page, bundled from `client/` by esbuild. Where the sources are run, this is what `#page-assets`
 * names; `tsup.config.ts` writes the same into `dist`, so that what is installed needs neither esbuild nor ECharts.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import type { PageAssets, PageKind } from './src/page-assets.js';

const client = fileURLToPath(new URL('client', import.meta.url));

const scripts = { report: 'main.ts', gallery: 'gallery.ts' } as const satisfies Record<PageKind, string>;

/** Bundles both. The licenses of what is bundled are at the script's end. */
export function bundleAssets(kind: PageKind): PageAssets {
  const bundle = (name: string): { text: string; inputs: string[] } => {
    const { outputFiles, metafile } = buildSync({
      absWorkingDir: client,
      entryPoints: [name],
      bundle: true,
      minify: true,
      write: false,
      metafile: true,
      format: 'iife',
      target: ['chrome123', 'firefox120', 'safari17.5'],
      legalComments: 'none',
      logLevel: 'silent',
    });
    return { text: outputFiles[0]!.text.trim(), inputs: Object.keys(metafile.inputs) };
  };
  const { text, inputs } = bundle(scripts[kind]);
  // a script ends at its first closing tag, wherever it is; a browser hashes it with plain line ends
  const script = `${text}\n${licenses(inputs)}`.replaceAll('</script', '<\\/script').replaceAll(/\r\n?/g, '\n');
  return { script, style: bundle('style.css').text, scriptHash: `sha256-${createHash('sha256').update(script).digest('base64')}` };
}

/** The licenses and notices of the packages that files are of, as a comment. */
function licenses(files: readonly string[]): string {
  const folders = new Set(files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0] ?? []));
  const texts = [...folders].sort().flatMap((folder) => {
    const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const found = readdirSync(join(client, folder)).filter((file) => /^(?:licen[cs]e|notice)(?:\.\w+)?$/i.test(file)).sort();
    if (found.length === 0) throw new Error(`${name} is bundled into the page, but has no license`);
    return found.map((file) => `${name}, ${file}\n\n${readFileSync(join(client, folder, file), 'utf8').trim()}`);
  });
  return texts.length === 0 ? '' : `/*!\n${texts.join('\n\n').replaceAll('*/', '* /')}\n*/`;
}

const assets = new Map<PageKind, PageAssets>();

/** Bundles at the first call: half a second. */
export function pageAssets(kind: PageKind): PageAssets {
  const made = assets.get(kind) ?? bundleAssets(kind);
  assets.set(kind, made);
  return made;
}
