/** `kindred export`: writes a run's encoder for other programs. */
import { type Command, Option } from '@commander-js/extra-typings';
import { type ExportFormat, exportFormats, exportRun } from '@kindred/runs';
import { consola } from 'consola';
import { bringUpEngine } from '../engine.js';

/** Adds the command to the program. */
export function addExport(program: Command): void {
  program
    .command('export')
    .description("write a run's encoder as ONNX, as a folder for transformers.js, or as a TensorFlow.js graph model")
    .argument('<run>', 'run folder')
    .addOption(new Option('--to <format>', 'onnx: a file; transformers, tfjs: a folder').choices(exportFormats).makeOptionMandatory())
    .requiredOption('--out <path>', 'the file or folder to write')
    .option('--best', 'the encoder that did best while the run was watched, not the last one')
    .addHelpText(
      'after',
      `
Examples:
  kindred export runs/photos --to onnx --out photos.onnx
  kindred export runs/photos --to transformers --out models/photos   pipeline('image-feature-extraction', 'photos')
  kindred export runs/photos --to tfjs --out web/model --best        tf.loadGraphModel('web/model/model.json')`,
    )
    .action(async (run, { to, out, best }) => {
      await bringUpEngine();
      const { step, dimension } = await exportRun(run, { to: to as ExportFormat, out, best: best ?? false });
      consola.success(`${out}: the encoder after ${step.toLocaleString('en')} steps, embeddings of ${dimension.toLocaleString('en')} numbers`);
    });
}
