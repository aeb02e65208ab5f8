/** `kindred report`: one HTML page about runs. */
import { type Command, InvalidArgumentError } from '@commander-js/extra-typings';
import { consola } from 'consola';
import { bringUpEngine } from '../engine.js';

/** Adds the command to the program. */
export function addReport(program: Command): void {
  program
    .command('report')
    .description('one HTML page about runs that opens offline; TensorBoard events into each run folder')
    .argument('<runs...>', 'run folders')
    .option('--out <file>', 'the file to write; report.html in the folder of a single run, else here, by default')
    .option('--data <path>', 'where the images are, if not where the runs found them')
    .option('--samples <count>', 'test images on the map', whole, 2000)
    .option('--no-images', 'leave out all that takes images: only figures, curves and settings')
    .addHelpText(
      'after',
      `
Examples:
  kindred report runs/a
  kindred report runs/nnclr runs/simclr --out comparison.html`,
    )
    .action(async (runs, { out, data, samples, images }) => {
      // the report's modules are slow to load, and other commands do not need them
      const { writeReport } = await import('@kindred/runs');
      const { path, bytes } = await writeReport(runs, {
        samples,
        images,
        ...(out !== undefined && { out }),
        ...(data !== undefined && { data }),
        bringUpEngine,
        onProgress: (what) => consola.info(what),
      });
      consola.success(`${path}, ${(bytes / 1e6).toFixed(1)} MB`);
    });
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('expected a whole number above 0.');
  return value;
}
