/**
 * The files of the page, bundled from `client/` by esbuild. Where the sources are run, this is what `#page-assets` names; `tsup.config.ts`
 * writes the same into `dist`, so that what is installed needs neither esbuild nor what the page is made of.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

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

/** The licenses and notices of the packages that files are of. */
function licenses(files: readonly string[]): string {
  const folders = new Set(files.filter((file) => !file.startsWith('(disabled)')).flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0] ?? []));
  return [...folders]
    .sort()
    .flatMap((folder) => {
      const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
      const found = readdirSync(join(client, folder)).filter((file) => /^(?:licen[cs]e|notice)(?:[-.]\w+)*$/i.test(file)).sort();
      const { license } = JSON.parse(readFileSync(join(client, folder, 'package.json'), 'utf8')) as { license?: string };
      return [`${name}: ${license ?? 'see below'}`, ...found.map((file) => readFileSync(join(client, folder, file), 'utf8').trim())];
    })
    .join('\n\n');
}

let assets: BundledAssets | undefined;

/** Bundles at the first call: a second. */
export const pageAssets = (): BundledAssets => (assets ??= bundleAssets());
