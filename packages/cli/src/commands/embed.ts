/** `kindred embed`: writes the embeddings of images, with their names. */
import { type Command, Option } from '@commander-js/extra-typings';
import { wholeNumber } from '../program-parts.js';

/** Adds the command to the program. */
export function addEmbed(program: Command): void {
  program
    .command('embed')
    .description('write the embeddings of images, with their names, sizes and errors, as .safetensors, .npy or .parquet')
    .argument('[images]', "a folder, an image, shards, a data set's name or settings, - for paths on stdin; a run's folder for its own data")
    .option('--images <folder>', "the same, where the argument is a run's folder")
    .option('--run <folder>', 'the run whose encoder is taken')
    .option('--best', 'the encoder that did best while the run was watched, not the last one', false)
    .option('--weights <file>', "a file of weights instead of a run: one of Kindred's, or a ResNet of torchvision or timm as safetensors")
    .requiredOption('--out <file>', 'the file to write; its suffix says how')
    .option('--append', 'keep what the file holds, and embed only images that are not in it', false)
    .addOption(new Option('--split <name>', 'of a data set: which images').choices(['train', 'test'] as const).default('test' as const))
    .option('--data <path>', "where the run's own images are, if not where it found them")
    .option('--batch <images>', 'images a pass', wholeNumber, 64)
    .addHelpText(
      'after',
      `
What was killed goes on from its last batch when the command is given again.

Examples:
  kindred embed photos --run runs/photos --out photos.parquet
  find . -name '*.png' | kindred embed - --weights resnet50.safetensors --out shots.npy
  kindred embed photos --run runs/photos --out photos.safetensors --append     new photos only
  kindred embed '/data/train-{000..146}.tar' --run runs/photos --out train.safetensors
  kindred embed --run runs/photos --split test --out test.safetensors          the run's own data`,
    )
    .action(async (images, options) => {
      const { embedWhatIsNamed } = await import('../work/embed.js');
      await embedWhatIsNamed(images, options);
    });
}
