import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cp, writeFile } from 'node:fs/promises';
import { defineConfig } from 'tsup';

/** A package's entries are the sources its `exports` name, and its programs (`bin`). */
const { exports, bin = {}, optionalDependencies = {} } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  exports: Record<string, { '@kindred/source'?: string }>;
  bin?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
};
const entries = [
  ...Object.values(exports).flatMap((entry) => entry['@kindred/source'] ?? []),
  ...Object.values(bin).map((file) => file.replace(/^\.\/dist\/(.+)\.js$/, './src/$1.ts')),
];

/**
 * How every package is built, run in its folder as `tsup --config ../../tsup.config.ts`: ESM and CommonJS by tsup,
 * declarations by tsc.
 */
export default defineConfig({
  entry: entries,
  format: ['esm', 'cjs'],
  target: 'node20',
  platform: 'neutral',
  sourcemap: true,
  clean: true,
  // tsup's own dts needs TypeScript's JavaScript API (gone in 7) and is ten times slower than tsc 7
  dts: false,
  // CommonJS has no import.meta.url: tsup's shim gives the file's own address
  shims: true,
  // tsup leaves dependencies and peers out by itself, these it would write into the package
  external: [/^node:/, ...Object.keys(optionalDependencies)],
  esbuildOptions(options) {
    options.sourcesContent = false; // `src` is published too
  },
  async onSuccess() {
    const { status } = spawnSync('tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' });
    if (status !== 0) throw new Error('tsc wrote no declarations');
    // The same declarations once more, where the nearest package.json says CommonJS
    await cp('dist/types', 'dist/types-cjs', { recursive: true });
    await writeFile('dist/types-cjs/package.json', '{ "type": "commonjs" }\n');
  },
});
