/** What the packages that make pages have in common when they are built: their assets in the module, and the licenses of what is bundled. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Options } from 'tsup';

/**
 * Writes what `#page-assets` exports into the built module, so that what is installed needs no bundler.
 *
 * @param module The text of that module.
 */
export const pageAssetsPlugin = (module: () => string): NonNullable<Options['esbuildPlugins']>[number] => ({
  name: 'page-assets',
  setup(build) {
    build.onResolve({ filter: /^#page-assets$/ }, ({ path }) => ({ path, namespace: 'page-assets' }));
    build.onLoad({ filter: /.*/, namespace: 'page-assets' }, () => ({ contents: module(), loader: 'js' }));
  },
});

/** A package whose files are in a bundle. */
export interface BundledPackage {
  readonly name: string;
  /** As its package.json names it: `MIT`. */
  readonly license: string | undefined;
  /** Its licenses and notices. */
  readonly texts: readonly { readonly file: string; readonly text: string }[];
}

/** The packages that the inputs of a bundle are of, by name; `folder` is what their paths are relative to. */
export function bundledPackages(folder: string, inputs: readonly string[]): readonly BundledPackage[] {
  const folders = new Set(inputs.filter((file) => !file.startsWith('(disabled)')).flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0] ?? []));
  return [...folders].sort().map((path) => {
    const at = join(folder, path);
    const files = readdirSync(at).filter((file) => /^(?:licen[cs]e|notice)(?:[-.]\w+)*$/i.test(file)).sort();
    return {
      name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
      license: (JSON.parse(readFileSync(join(at, 'package.json'), 'utf8')) as { license?: string }).license,
      texts: files.map((file) => ({ file, text: readFileSync(join(at, file), 'utf8').trim() })),
    };
  });
}
