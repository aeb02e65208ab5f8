/** `kindred evaluate`: probes the encoder of a run. */
import type { Command } from '@commander-js/extra-typings';
import { openDataset } from '@kindred/datasets/node';
import { consola } from 'consola';
import { bringUpEngine } from '../engine.js';
import { evaluationTable } from '../evaluation-table.js';
import { collect } from '../program-parts.js';
import { evaluateRun } from '../runs/evaluate-run.js';
import { readRunSettings } from '../runs/load-run.js';
import { EvaluationSettings } from '../settings/evaluation-settings.js';
import { checkSettings, setValues } from '../settings/read-settings.js';

/** Adds the command to the program. */
export function addEvaluate(program: Command): void {
  program
    .command('evaluate')
    .description('kNN and linear probe of a run; writes evaluation.json into it')
    .argument('<run>', 'run folder')
    .option('--data <path>', 'where the images are, if not where the run found them')
    .option('--baselines', 'also evaluate raw pixels and random weights', false)
    .option('--set <path=value>', 'set one value, for instance k=200; may be repeated', collect, [])
    .action(async (run, { data, baselines, set }) => {
      const settings = checkSettings('evaluate', EvaluationSettings, setValues({}, set));
      const trained = await readRunSettings(run);
      const source = data === undefined ? trained.data : { ...trained.data, root: data };
      await bringUpEngine();
      const both = { train: await openDataset(source, 'train'), test: await openDataset(source, 'test') };
      const evaluation = await evaluateRun(run, { settings, baselines, data: both, onProgress: (what) => consola.info(what) });
      process.stdout.write(`${evaluationTable(evaluation.rows)}\n`);
    });
}
