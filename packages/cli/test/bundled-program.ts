/** Bundles `kindred` once for all tests that start it: from its sources each start would take seconds longer. */
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { bundlePrograms } from '../../../tools/bundle-programs.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The file of the bundle. */
    kindred: string;
  }
}

export async function setup(project: TestProject): Promise<void> {
  project.provide('kindred', join(await bundlePrograms([join(import.meta.dirname, '../src/main.ts')]), 'main.mjs'));
}
