/** `kindred preview`: shows what views do to images. */
import { type Command, InvalidArgumentError } from '@commander-js/extra-typings';
import { consola } from 'consola';
import { bringUpEngine } from '../engine.js';

/** Adds the command to the program. */
export function addPreview(program: Command): void {
  program
    .command('preview')
    .description('a sheet of images and their views, as PNG')
    .requiredOption('--views <preset or file>', 'a preset, a settings file with views, or all: a row a preset')
    .option('--data <name, path or settings>', 'a dataset, an image, a folder of images, a settings file, or settings such as "{name: stl-10, root: data}"', 'fashion-mnist')
    .option('--count <images>', 'images, a row each', whole(1))
    .option('--draws <count>', 'how often each view is drawn', whole(1))
    .option('--seed <number>', 'the views are those that a run of this seed trains on', whole(0), 1)
    .option('--tile <pixels>', 'the longest side of a view on the sheet', whole(16), 96)
    .option('--out <file>', 'the file to write', 'preview.png')
    .addHelpText(
      'after',
      `
Examples:
  kindred preview --views all
  kindred preview --views swav --data ~/pictures --count 8 --draws 4 --out swav.png
  kindred preview --views my-nnclr.yaml --seed 1`,
    )
    .action(async ({ views, data, count, draws, seed, tile, out }) => {
      // sharp and the datasets are slow to load, and other commands do not need them
      const { writePreview } = await import('@kindred/runs');
      const { rows, width, height } = await writePreview({
        views,
        data,
        seed,
        tile,
        out,
        bringUpEngine,
        ...(count !== undefined && { count }),
        ...(draws !== undefined && { draws }),
      });
      consola.success(`${out}: ${rows} ${rows === 1 ? 'row' : 'rows'}, ${width} by ${height} pixels`);
    });
}

const whole =
  (least: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isSafeInteger(value) || value < least) throw new InvalidArgumentError(`expected a whole number of ${least} or more.`);
    return value;
  };
