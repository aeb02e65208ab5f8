/** What a recipe is. */
import type * as z from 'zod';
import type { PretrainSettings } from '../settings/pretrain-settings.js';

/** Settings and where they come from. */
export interface Recipe {
  /** Paper, code or measurement, and where this library cannot follow to the letter. */
  readonly source: string;
  readonly settings: z.input<typeof PretrainSettings>;
}
