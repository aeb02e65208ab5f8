/** The command line as an object: its commands and their options. */
import { Command } from '@commander-js/extra-typings';
import { addDoctor } from './commands/doctor.js';
import { addEmbed } from './commands/embed.js';
import { addEvaluate } from './commands/evaluate.js';
import { addExport } from './commands/export.js';
import { addPretrain } from './commands/pretrain.js';
import { addPreview } from './commands/preview.js';
import { addReport } from './commands/report.js';

/** Makes the program; nothing runs before its `parseAsync`. */
export function makeProgram(version: string): Command {
  const program = new Command('kindred')
    .description('Composable contrastive learning: pre-train, evaluate, embed, export.')
    .version(version)
    .showHelpAfterError('kindred --help lists the commands.');
  for (const add of [addPretrain, addEvaluate, addEmbed, addExport, addReport, addPreview, addDoctor]) add(program as Command);
  return program as Command;
}
