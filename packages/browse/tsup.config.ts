/** As every package, with the page's files written into the module. */
import { defineConfig } from 'tsup';
import shared from '../../tsup.config.js';
import { bundleAssets } from './page-assets.config.js';

export default defineConfig({
  ...(shared as object),
  esbuildPlugins: [
    {
      name: 'page-assets',
      setup(build) {
        build.onResolve({ filter: /^#page-assets$/ }, ({ path }) => ({ path, namespace: 'page-assets' }));
        build.onLoad({ filter: /.*/, namespace: 'page-assets' }, () => ({
          contents: `const assets = ${JSON.stringify(bundleAssets())}; export const pageAssets = () => assets;`,
          loader: 'js',
        }));
      },
    },
  ],
});
