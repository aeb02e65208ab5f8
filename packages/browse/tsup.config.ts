/** Builds as in every package, with the page's files written into the module. */
import { defineConfig } from 'tsup';
import { pageAssetsPlugin } from '../../tools/page-assets.js';
import shared from '../../tsup.config.js';
import { bundleAssets } from './page-assets.config.js';

export default defineConfig({
  ...(shared as object),
  esbuildPlugins: [pageAssetsPlugin(() => `const assets = ${JSON.stringify(bundleAssets())}; export const pageAssets = () => assets;`)],
});
