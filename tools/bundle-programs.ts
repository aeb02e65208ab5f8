/** Programs as plain JavaScript, for tests that start them often: each start would else compile all sources again. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Options } from 'tsup';

type Plugin = NonNullable<Options['esbuildPlugins']>[number];

/** Keeps `import.meta.url` of each source file what it is in the sources: files beside it are found from there. */
const ownAddresses: Plugin = {
  name: 'own-addresses',
  setup(esbuild) {
    esbuild.onLoad({ filter: /\/packages\/[^/]+\/.*\.ts$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8');
      if (!source.includes('import.meta.url')) return undefined;
      return { contents: source.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)), loader: 'ts' };
    });
  },
};

/**
 * Bundles programs of a package, with the sources of all packages of ours in them.
 *
 * @returns The folder of the bundles, `<name>.mjs` each, within the package so that what they import is found. It is removed when the process ends.
 */
export async function bundlePrograms(entry: readonly [string, ...string[]]): Promise<string> {
  const root = join(entry[0].replace(/(\/packages\/[^/]+)\/.*/, '$1'), 'node_modules/.cache/kindred-programs');
  mkdirSync(root, { recursive: true });
  const folder = mkdtempSync(join(root, 'programs-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  await build({
    config: false,
    silent: true,
    entry: [...entry],
    outDir: folder,
    outExtension: () => ({ js: '.mjs' }),
    format: 'esm',
    target: 'node20',
    platform: 'node',
    noExternal: [/^@kindred\//],
    external: [/^(?![./#]|@kindred\/)/],
    esbuildPlugins: [ownAddresses],
    esbuildOptions: (options) => void (options.conditions = ['@kindred/source']),
  });
  return folder;
}
