/** Trains methods in one process, as the reference for `equality.ts`. Arguments: a file to write, then the methods. */
import { writeFileSync } from 'node:fs';
import { encodeSafetensors, type NamedTensors, oneRank } from '@kindred/core';
import { useTensorFlow } from '@kindred/tensorflow';
import { parts, train } from './equality.js';

const [file, ...methods] = process.argv.slice(2) as [string, ...string[]];
await useTensorFlow({ quiet: true, threads: 1 });
const all: Record<string, NamedTensors[string]> = {};
for (const name of methods) {
  const outcome = await train(name, oneRank());
  for (const part of parts) for (const [at, tensor] of Object.entries(outcome[part])) all[`${name}/${part}/${at}`] = tensor;
}
writeFileSync(file, encodeSafetensors(all));
