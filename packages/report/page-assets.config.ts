/**
 * Script and style of the page, bundled from `client/` by esbuild. Where the sources are run, this is what `#page-assets`
 * names; `tsup.config.ts` writes the same into `dist`, so that what is installed needs neither esbuild nor ECharts.
 */
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { bundledPackages } from '../../tools/page-assets.js';
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

/** Licenses and notices of what is bundled, as a comment. */
function licenses(inputs: readonly string[]): string {
  const texts = bundledPackages(client, inputs).flatMap(({ name, texts: found }) => {
    if (found.length === 0) throw new Error(`${name} is bundled into the page, but has no license`);
    return found.map(({ file, text }) => `${name}, ${file}\n\n${text}`);
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
