/** `kindred export`: writes a run's encoder for other programs. */
import { type Command, Option } from '@commander-js/extra-typings';
import { exportFormats } from '@kindred/runs/names';
import { consola } from 'consola';
import { bringUpEngine } from '../engine.js';

/** Adds the command to the program. */
export function addExport(program: Command): void {
  program
    .command('export')
    .description("write a run's encoder, with its heads or without, as ONNX, for transformers.js, as a TensorFlow.js graph model, or as weights for PyTorch")
    .argument('<run>', 'run folder')
    .addOption(new Option('--to <format>', 'onnx, safetensors: a file; transformers, tfjs: a folder').choices(exportFormats).makeOptionMandatory())
    .requiredOption('--out <path>', 'the file or folder to write')
    .option('--best', 'the encoder that did best while the run was watched, not the last one')
    .option('--head', "with the projection head, and the prediction head if the method has one: more outputs, of the newest checkpoint's networks")
    .option('--head-only', 'the heads without the encoder, as a model of embeddings')
    .addHelpText(
      'after',
      `
Examples:
  kindred export runs/photos --to onnx --out photos.onnx
  kindred export runs/photos --to transformers --out models/photos   pipeline('image-feature-extraction', 'photos')
  kindred export runs/photos --to tfjs --out web/model --best        tf.loadGraphModel('web/model/model.json')
  kindred export runs/photos --to onnx --out photos.onnx --head                image_embeds, projections, predictions
  kindred export runs/photos --to safetensors --out photos.safetensors         resnet.load_state_dict(load_file('photos.safetensors'))`,
    )
    .action(async (run, { to, out, best, head, headOnly }) => {
      const { exportRun } = await import('@kindred/runs');
      await bringUpEngine();
      const { step, dimension, projections, predictions } = await exportRun(run, { to, out, best: best ?? false, head: headOnly ? 'only' : (head ?? false) });
      const heads = predictions === undefined ? 'head' : 'heads';
      const what = headOnly ? `the ${heads}` : `the encoder${projections === undefined ? '' : ` and its ${heads}`}`;
      const lengths = Object.entries({ embeddings: dimension, projections, predictions }).flatMap(([name, length]) => (length === undefined ? [] : [`${name} of ${length.toLocaleString('en')}`]));
      consola.success(`${out}: ${what} after ${step.toLocaleString('en')} steps, ${lengths.join(', ')} numbers`);
    });
}
