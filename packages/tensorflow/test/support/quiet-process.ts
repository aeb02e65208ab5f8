/** Silences standard error here, then in a worker, and writes to it before, meanwhile and after. */
import { writeSync } from 'node:fs';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { quietly } from '../../src/quietly.js';

const say = (text: string): void => void writeSync(2, `${text}\n`);
const url = new URL('../../src/quietly.ts', import.meta.url).href;

say('before');
quietly(() => say('hidden'));
say('between');
const code = `
  import('tsx/esm/api').then(async ({ register }) => {
    register();
    const { quietly } = await import(${JSON.stringify(url)});
    quietly(() => undefined);
  });
`;
await once(new Worker(code, { eval: true }), 'exit');
say('after');
