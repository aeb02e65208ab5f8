/**
 * Bundles the page's files from `client/` with esbuild. When the sources are run directly, `#page-assets` refers to this module; `tsup.config.ts`
 * writes the same files into `dist`, so that the installed package needs neither esbuild nor the page's own dependencies.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { bundledPackages } from '../../tools/page-assets.js';

const client = fileURLToPath(new URL('client', import.meta.url));

/** Text files by name, and binary files in base64. */
export interface BundledAssets {
  readonly texts: Readonly<Record<string, string>>;
  readonly bytes: Readonly<Record<string, string>>;
}

/** Bundles scripts and style. The licenses of bundled packages go into a separate file. */
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
    // tfjs imports these in Node only
    external: ['fs', 'path', 'os', 'util', 'crypto', 'worker_threads', 'perf_hooks'],
    legalComments: 'none',
    logLevel: 'silent',
  });
  const wasm = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json'));
  const bytes = ['tfjs-backend-wasm.wasm', 'tfjs-backend-wasm-simd.wasm'].map((name) => [name, readFileSync(join(wasm, 'wasm-out', name)).toString('base64')]);
  const texts = outputFiles.map(({ path, text }) => [path.slice(path.lastIndexOf('/') + 1).replaceAll('\\', '/'), text]);
  return { texts: Object.fromEntries([...texts, ['licenses.txt', licenses(Object.keys(metafile.inputs))]]), bytes: Object.fromEntries(bytes) };
}

/** The licenses and notices of the bundled packages. */
const licenses = (inputs: readonly string[]): string =>
  bundledPackages(client, inputs)
    .flatMap(({ name, license, texts }) => [`${name}: ${license ?? 'see below'}`, ...texts.map(({ text }) => text)])
    .join('\n\n');

let assets: BundledAssets | undefined;

/** Bundles at the first call, which takes about a second. */
export const pageAssets = (): BundledAssets => (assets ??= bundleAssets());
