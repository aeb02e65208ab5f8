/** What `kindred evaluate` does. */
import { basename } from 'node:path';
import { DatasetSettings } from '@kindred/datasets/node';
import { checkpointOf, checkSettings, evaluateRun, type Evaluation, type EvaluationData, EvaluationSettings, groupRuns, movedTo, type OpenedRun, openLabelled, openRun, readYaml, setValues } from '@kindred/runs';
import { consola } from 'consola';
import { bringUpEngine } from '../engine.js';
import { evaluationText, groupsTable } from '../evaluation-table.js';
import { type Progress, startProgress } from '../progress.js';
import { joinJob } from '../ranks.js';

interface EvaluateOptions {
  readonly probes?: string | undefined;
  readonly on: readonly string[];
  readonly data?: string | undefined;
  readonly baselines: boolean;
  readonly best: boolean;
  readonly set: readonly string[];
}

/** Measures the encoders of runs and prints the figures. */
export async function evaluate(paths: readonly string[], { probes, on, data: place, baselines, best, set }: EvaluateOptions): Promise<void> {
  const asked = probes === undefined ? {} : { probes: probes.split(',').map((probe) => probe.trim()) };
  const settings = checkSettings('evaluate', EvaluationSettings, setValues(asked, set));
  const elsewhere = namesOf(on.map((text) => ({ text, settings: readDataset(text) })));
  const runs: OpenedRun[] = [];
  for (const path of new Set(paths)) runs.push(await openRun(path));
  for (const { path } of runs) await checkpointOf(path);
  const open = opener();
  const transfer: Record<string, EvaluationData> = {};
  for (const [name, source] of elsewhere) transfer[name] = await open(source);
  for (const { settings: trained } of runs) await open(movedTo(trained.data, place));

  const job = await joinJob();
  await bringUpEngine();
  const evaluated: { settings: OpenedRun['settings']; evaluation: Evaluation }[] = [];
  for (const run of runs) {
    const bar = bars();
    try {
      const evaluation = await evaluateRun(run, {
        settings,
        baselines,
        best,
        data: await open(movedTo(run.settings.data, place)),
        on: transfer,
        communicator: job.communicator,
        onProgress: (what) => consola.info(what),
        ...(job.first && { onShare: bar.show }),
      });
      evaluated.push({ settings: run.settings, evaluation });
      if (job.first) process.stdout.write(`${evaluationText(evaluation)}\n`);
    } finally {
      bar.stop();
    }
  }
  if (job.first && evaluated.length > 1) process.stdout.write(`${groupsTable(groupRuns(evaluated))}\n`);
  await job.leave();
}

/** A dataset as `--on` names it: by its name, or by settings in braces. */
function readDataset(text: string): DatasetSettings {
  const where = `--on ${text}`;
  if (!text.trimStart().startsWith('{')) return checkSettings(where, DatasetSettings, { name: text });
  return checkSettings(where, DatasetSettings, readYaml(where, text));
}

interface Named {
  readonly text: string;
  readonly settings: DatasetSettings;
}

/** Datasets by short names; those whose short names would clash keep the name as given. The same name given twice is one dataset. */
function namesOf(given: readonly Named[]): Map<string, DatasetSettings> {
  const short = ({ settings }: Named): string => (settings.name === 'image-folder' ? basename(settings.root) : settings.name);
  const each = [...new Map(given.map((one) => [one.text, one])).values()];
  return new Map(each.map((one) => [each.filter((other) => short(other) === short(one)).length > 1 ? one.text : short(one), one.settings]));
}

/** Opens datasets, each once. */
function opener(): (settings: DatasetSettings) => Promise<EvaluationData> {
  const opened = new Map<string, Promise<EvaluationData>>();
  return (settings) => {
    const key = JSON.stringify(settings);
    const data = opened.get(key) ?? openLabelled(settings);
    opened.set(key, data);
    return data;
  };
}

/** A bar for whatever is under way, one at a time. */
function bars(): { show(what: string, done: number, total: number): void; stop(): void } {
  let now: { what: string; bar: Progress } | undefined;
  const stop = (): void => {
    now?.bar.stop();
    now = undefined;
  };
  return {
    show(what, done, total) {
      if (now?.what !== what) {
        stop();
        now = { what, bar: startProgress(`${what} {bar} {percentage}% | step {value}/{total} | {eta_formatted} left`, total) };
      }
      now.bar.update(done);
      if (done === total) stop();
    },
    stop,
  };
}
