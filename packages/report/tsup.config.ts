/** As every package, with scripts and style of the pages written into the module. */
import { defineConfig } from 'tsup';
import { pageAssetsPlugin } from '../../tools/page-assets.js';
import shared from '../../tsup.config.js';
import { bundleAssets } from './page-assets.config.js';

const assets = (): object => ({ report: bundleAssets('report'), gallery: bundleAssets('gallery') });

export default defineConfig({
  ...(shared as object),
  esbuildPlugins: [pageAssetsPlugin(() => `const assets = ${JSON.stringify(assets())}; export const pageAssets = (kind) => assets[kind];`)],
});
