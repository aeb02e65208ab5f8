/** The JSON Schema of the config file, for editors. */
import * as z from 'zod';
import { PretrainSettings } from './pretrain-settings.js';

/** What `schema/pretrain.schema.json` holds. Write `# yaml-language-server: $schema=...` above a config to use it. */
export function pretrainJsonSchema(): unknown {
  return { title: 'Settings of kindred pretrain', ...z.toJSONSchema(PretrainSettings, { io: 'input' }) };
}
