/** `kindred pretrain`: trains a run from settings. */
import { type Command, Option } from '@commander-js/extra-typings';
import { recipes } from '@kindred/runs/names';
import { collect, positiveNumber, wholeNumber } from '../program-parts.js';

/** Adds the command to the program. */
export function addPretrain(program: Command): void {
  program
    .command('pretrain')
    .description('pre-train an encoder; writes runs/<name>/')
    .argument('[settings]', 'settings file (.yaml, .json, .ts, .js)')
    .addOption(recipeOption())
    .option('--set <path=value>', 'set one value, for instance learningRate.base=0.1; may be repeated', collect, [])
    .option('--name <name>', 'name of the run')
    .option('--data <path>', 'where the images are: an archive, or a folder')
    .option('--init <path>', "weights that the encoder starts from: a ResNet of torchvision or timm as .safetensors, one of Kindred's encoder files, or the folder of a run")
    .option('--runs <folder>', 'folder of run folders; runs by default')
    .option('--resume <run>', 'go on with the run in a folder, with its own settings; --set may change epochs, learningRate, optimizer.weightDecay, checkpointEvery, monitor')
    .option('--extend <epochs>', 'with --resume: so many epochs more; the learning rate and other schedules go on from where they are', wholeNumber)
    .option('--rate <peak>', 'with --extend: the learning rate to go on with, for a run that is finished', positiveNumber)
    .option('--accept-changed-data', 'with --resume: go on although the images are not those that the run was trained on', false)
    .option('--ranks <n>', 'processes on this machine that train together, by mpirun; for several machines start the command with mpirun or srun', wholeNumber)
    .addHelpText(
      'after',
      `
Examples:
  kindred pretrain --recipe quick-start-nnclr
  kindred pretrain --recipe simclr-cifar10-lightly --data cifar-10-binary.tar.gz
  kindred pretrain settings.yaml --set learningRate.base=0.1 --name slower
  kindred pretrain settings.yaml --init resnet18.safetensors        go on from ImageNet's weights
  kindred pretrain settings.yaml --init runs/photos/best.safetensors
  kindred pretrain settings.yaml --ranks 2
  kindred pretrain --resume runs/photos --extend 100 --rate 0.05`,
    )
    .action(async (file, options) => {
      const { pretrain } = await import('../work/pretrain.js');
      await pretrain(file, options);
    });
}

/** The recipes are told and completed here, and checked with the settings. */
function recipeOption(): Option<'--recipe <name>'> {
  const option = new Option('--recipe <name>', 'start from a recipe');
  option.argChoices = Object.keys(recipes);
  return option;
}
