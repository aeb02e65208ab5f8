/**
 * Script and style of the page, bundled from `client/` by esbuild. Where the sources are run, this is what `#page-assets`
 * names; `tsup.config.ts` writes the same into `dist`, so that what is installed needs neither esbuild nor ECharts.
 */
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import type { PageAssets } from './src/page-assets.js';

const entry = (name: string): string => fileURLToPath(new URL(`client/${name}`, import.meta.url));

/** Bundles both. The licenses of what is bundled stay, at the script's end. */
export function bundleAssets(): PageAssets {
  const bundled = (name: string): string =>
    buildSync({
      entryPoints: [entry(name)],
      bundle: true,
      minify: true,
      write: false,
      format: 'iife',
      target: ['chrome123', 'firefox120', 'safari17.5'],
      legalComments: 'eof',
      logLevel: 'silent',
    }).outputFiles[0]!.text.trim();
  // a script ends at its first closing tag, wherever it is
  const script = bundled('main.ts').replaceAll('</script', '<\\/script');
  return { script, style: bundled('style.css'), scriptHash: `sha256-${createHash('sha256').update(script).digest('base64')}` };
}

let assets: PageAssets | undefined;

/** Bundles at the first call: half a second. */
export const pageAssets = (): PageAssets => (assets ??= bundleAssets());
