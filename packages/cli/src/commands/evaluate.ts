/** `kindred evaluate`: measures the encoders of runs. */
import type { Command } from '@commander-js/extra-typings';
import { probeNames } from '@kindred/runs/names';
import { collect } from '../program-parts.js';

/** Adds the command to the program. */
export function addEvaluate(program: Command): void {
  program
    .command('evaluate')
    .description('measure what runs have learned; writes evaluation.json into each, and tells mean ± deviation of runs that differ in their seed')
    .argument('<runs...>', 'run folders')
    .option('--probes <names>', `what to measure, of ${probeNames.join(', ')}; knn,linear by default`)
    .option('--on <dataset>', 'also evaluate on another dataset: a name, or settings such as "{name: cifar-10, root: path}"; may be repeated', collect, [])
    .option('--data <path>', 'where the images are, if not where the runs found them')
    .option('--baselines', 'also evaluate raw pixels and random weights', false)
    .option('--best', 'also evaluate the encoder that did best while training, where the run was watched', false)
    .option('--set <path=value>', 'set one value, for instance k=200 or sgd.protocol=mocoV2; may be repeated', collect, [])
    .addHelpText(
      'after',
      `
Examples:
  kindred evaluate runs/a --baselines
  kindred evaluate runs/a-1 runs/a-2 runs/a-3        mean ± deviation of three seeds
  kindred evaluate runs/a --probes knn,linear,fine-tune --on cifar-100 --set k=200`,
    )
    .action(async (paths, options) => {
      const { evaluate } = await import('../work/evaluate.js');
      await evaluate(paths, options);
    });
}
