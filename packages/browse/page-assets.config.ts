/**
 * The files of the page, bundled from `client/` by esbuild. Where the sources are run, this is what `#page-assets` names; `tsup.config.ts`
 * writes the same into `dist`, so that what is installed needs neither esbuild nor what the page is made of.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { bundledPackages } from '../../tools/page-assets.js';

const client = fileURLToPath(new URL('client', import.meta.url));

/** Texts by the name of the file, and files of bytes in base64. */
export interface BundledAssets {
  readonly texts: Readonly<Record<string, string>>;
  readonly bytes: Readonly<Record<string, string>>;
}

/** Bundles scripts and style. The licenses of what is bundled are in a file of their own. */
export function bundleAssets(): BundledAssets {
  const { outputFiles, metafile } = buildSync({
    absWorkingDir: client,
    entryPoints: ['app.ts', 'encoder.ts', 'app.css'],
    outdir: 'out',
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    conditions: ['@kindred/source'],
    target: ['chrome123', 'firefox120', 'safari17.5'],
    // tfjs asks for these in Node only
    external: ['fs', 'path', 'os', 'util', 'crypto', 'worker_threads', 'perf_hooks'],
    legalComments: 'none',
    logLevel: 'silent',
  });
  const wasm = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json'));
  const bytes = ['tfjs-backend-wasm.wasm', 'tfjs-backend-wasm-simd.wasm'].map((name) => [name, readFileSync(join(wasm, 'wasm-out', name)).toString('base64')]);
  const texts = outputFiles.map(({ path, text }) => [path.slice(path.lastIndexOf('/') + 1).replaceAll('\\', '/'), text]);
  return { texts: Object.fromEntries([...texts, ['licenses.txt', licenses(Object.keys(metafile.inputs))]]), bytes: Object.fromEntries(bytes) };
}

/** Licenses and notices of what is bundled. */
const licenses = (inputs: readonly string[]): string =>
  bundledPackages(client, inputs)
    .flatMap(({ name, license, texts }) => [`${name}: ${license ?? 'see below'}`, ...texts.map(({ text }) => text)])
    .join('\n\n');

let assets: BundledAssets | undefined;

/** Bundles at the first call: a second. */
export const pageAssets = (): BundledAssets => (assets ??= bundleAssets());
