/** Writes the JSON Schema of the config file: `npm run schema` after a change of settings. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { pretrainJsonSchema } from '../packages/runs/src/settings/json-schema.js';

const folder = new URL('../packages/runs/schema/', import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(new URL('pretrain.schema.json', folder), `${JSON.stringify(pretrainJsonSchema(), null, 2)}\n`);
