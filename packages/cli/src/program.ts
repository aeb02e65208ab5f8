/** The command line as an object: its commands and their options. */
import { Command } from '@commander-js/extra-typings';
import { addBrowse } from './commands/browse.js';
import { addClusters } from './commands/clusters.js';
import { addCompletion } from './commands/completion.js';
import { addDoctor } from './commands/doctor.js';
import { addDuplicates } from './commands/duplicates.js';
import { addEmbed } from './commands/embed.js';
import { addEvaluate } from './commands/evaluate.js';
import { addExport } from './commands/export.js';
import { addIndex } from './commands/index-embeddings.js';
import { addOutliers } from './commands/outliers.js';
import { addPretrain } from './commands/pretrain.js';
import { addPreview } from './commands/preview.js';
import { addReport } from './commands/report.js';
import { addSearch } from './commands/search.js';
import { addSelect } from './commands/select.js';

/** Makes the program; nothing runs before its `parseAsync`. */
export function makeProgram(version: string): Command {
  const program = new Command('kindred')
    .description('Composable contrastive learning: pre-train, evaluate, embed, export.')
    .version(version)
    .showHelpAfterError('kindred --help lists the commands.')
    .addHelpText(
      'after',
      `
Examples:
  kindred pretrain --recipe quick-start-nnclr
  kindred evaluate runs/quick-start-nnclr --baselines
  kindred embed photos --run runs/quick-start-nnclr --out photos.safetensors
  kindred browse photos.safetensors

Every command has examples of its own: kindred embed --help. Tab completes: kindred completion --help.`,
    );
  for (const add of [addPretrain, addEvaluate, addEmbed, addIndex, addSearch, addDuplicates, addClusters, addOutliers, addSelect, addBrowse, addExport, addReport, addPreview, addDoctor, addCompletion]) add(program as Command);
  return program as Command;
}
