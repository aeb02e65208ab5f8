import { existsSync, readdirSync } from 'node:fs';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';

/** Tests read the sources of the packages (`exports` › `@kindred/source`), so nothing is built first. */
const source = '@kindred/source';
const node = [source, 'node', 'import', 'module', 'default'];
const browser = [source, 'browser', 'import', 'module', 'default'];
const folders = (parent: string): string[] =>
  existsSync(new URL(parent, import.meta.url)) ? readdirSync(new URL(parent, import.meta.url)) : [];

const inNode = {
  extends: true as const,
  resolve: { conditions: node },
  ssr: { resolve: { conditions: node } },
};
const engine = new URL('tools/test-engine.ts', import.meta.url).pathname;

/** One project for each package: `vitest --project @kindred/losses`. Its tests run on the engine's backend. */
const packages = folders('packages').map((name) => ({
  ...inNode,
  root: `packages/${name}`,
  test: {
    name: `@kindred/${name}`,
    include: ['test/**/*.test.ts', 'test/**/*.node.ts'],
    // the program that its tests start
    globalSetup: name === 'cli' ? ['test/bundled-program.ts'] : [],
    // these compute nothing: no engine to wait for
    setupFiles: ['datasets', 'distributed', 'report'].includes(name) ? [] : [engine],
    // far above what a test takes: a busy machine is no fault
    testTimeout: 60_000,
  },
}));

const examples = {
  ...inNode,
  test: { name: 'examples', include: ['examples/*/test/**/*.test.ts'], setupFiles: [engine], testTimeout: 60_000 },
};

/** The code in the documents. */
const docs = {
  ...inNode,
  test: { name: 'docs', include: ['docs/**/*.test.ts'], setupFiles: [engine] },
};

/**
 * The same tests once more in a real browser, and those that only run there; `*.node.ts` are left out. Chromium is the
 * system's: nothing is downloaded.
 */
const chromium = {
  extends: true as const,
  resolve: { conditions: browser },
  // All that tests import: vite reloads the page when it finds one late
  optimizeDeps: {
    include: [
      '@tensorflow/tfjs',
      '@tensorflow/tfjs-core',
      '@tensorflow/tfjs-backend-cpu',
      '@tensorflow/tfjs-backend-webgl',
      '@tensorflow/tfjs-backend-wasm',
      'crc-32/crc32c.js',
      'downsample/methods/LTTB.js',
      'fast-check',
      'ml-matrix',
      '@bufbuild/protobuf',
      'onnx-buf',
      'onnxruntime-web/wasm',
      'pbf',
      'zod',
    ],
  },
  test: {
    name: 'browser',
    include: ['packages/*/test/**/*.test.ts', 'packages/*/test/**/*.browser.ts'],
    // a training step takes seconds on software WebGL: training has tests of its own for browsers, `*.browser.ts`
    exclude: ['packages/{cli,runs,distributed,tensorflow}/**', 'packages/training/**/*.test.ts'],
    setupFiles: [new URL('tools/test-browser.ts', import.meta.url).pathname],
    testTimeout: 60_000,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      instances: [{ browser: 'chromium' as const }],
      provider: playwright({
        launchOptions: {
          executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
          args: [
            '--no-sandbox',
            '--disable-quic',
            '--no-first-run',
            '--disable-background-networking',
            '--disable-component-update',
            '--disable-sync',
            // WebGL on the CPU
            '--use-angle=swiftshader',
            '--enable-unsafe-swiftshader',
            '--ignore-gpu-blocklist',
          ],
        },
      }),
    },
  },
};

export default defineConfig({
  test: {
    pool: 'forks',
    // tfjs's advice to install tfjs-node
    onConsoleLog: (text) => !text.includes('running TensorFlow.js in Node.js'),
    coverage: {
      provider: 'v8',
      include: ['packages/*/src/**/*.ts'],
      exclude: ['**/*.d.ts'],
      reporter: ['text', 'lcov'],
    },
    projects: [...packages, docs, examples, chromium],
  },
});
