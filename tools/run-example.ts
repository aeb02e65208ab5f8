/** `npm run example <name> [flags]`: runs an example from its sources. */
import { readdirSync } from 'node:fs';

const folder = new URL('../examples/', import.meta.url);
const name = process.argv[2];
const names = readdirSync(folder);
if (name === undefined || !names.includes(name)) {
  console.error(`usage: npm run example <name>, one of ${names.join(', ')}`);
  process.exitCode = 1;
} else {
  process.argv.splice(2, 1);
  await import(new URL(`${name}/src/main.ts`, folder).href);
}
