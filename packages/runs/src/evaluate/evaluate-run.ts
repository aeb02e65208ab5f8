/** Evaluation of a run: its encoder compared with raw pixels and the same network with random weights, on its own data and others. */
import { join } from 'node:path';
import { disposeNetwork } from '@kindred/backbones';
import { type Communicator, digest, type EncoderInput, type ImageDataset, oneRank } from '@kindred/core';
import { writeFileAtomic } from '@kindred/core/node';
import { adaptImages, embed, rawPixels } from '@kindred/evaluation';
import type { EvaluationSettings } from '../settings/evaluation-settings.js';
import { freshEncoder } from '../run/build-run.js';
import { type AdaptedData, adaptData, type EvaluationData, openLabelled } from './evaluate-data.js';
import { type EvaluationPlan, planEvaluation } from './evaluation-plan.js';
import { evaluateSubject, type EvaluationRow, type Subject, type Watcher } from './evaluate-subject.js';
import { checkpointOf, loadBest, type LoadedRun, loadRun, type OpenedRun, openRun } from '../run/load-run.js';
import { encoderInputOf, inputFor } from '../run/encoder-input.js';

/** What surrounds an evaluation. */
export interface EvaluateRunOptions extends Partial<Watcher> {
  readonly settings: EvaluationSettings;
  /** Also evaluate raw pixels and random weights. Default: false. */
  readonly baselines?: boolean;
  /** Also evaluate the encoder that the run's monitor found best, if there is one. Default: false. */
  readonly best?: boolean;
  /** Images, if they are already open. Default: those the run was trained on. */
  readonly data?: EvaluationData;
  /** Other datasets to evaluate on, by name. Their images are brought to the channels and size of the run's own. */
  readonly on?: Readonly<Record<string, EvaluationData>>;
  /**
   * The ranks that share the embedding of images, all of which make this call. All take the probes, rank 0 alone writes. Default: this process
   * alone.
   */
  readonly communicator?: Communicator | undefined;
}

/** Figures on a dataset that the run was not trained on. */
export interface Transfer {
  /** The dataset's name. */
  readonly data: string;
  readonly train: string;
  readonly test: string;
  /** A description of what happened to every image; empty if nothing did. */
  readonly changes: readonly string[];
  /** What was left out or done otherwise than asked, and why; absent if nothing was. */
  readonly notes?: readonly string[];
  readonly rows: readonly EvaluationRow[];
}

/** `evaluation.json`. */
export interface Evaluation {
  readonly run: string;
  readonly step: number;
  /** The seed that the run was trained with; the evaluation's own is in `settings`. */
  readonly seed: number;
  readonly data: {
    readonly train: string;
    readonly test: string;
    /** Tells these images from others. */
    readonly fingerprint: string;
    /** The same of the images that the run was trained on; absent for a run of Kindred 0.1.0. */
    readonly trainedOn?: string;
  };
  readonly settings: EvaluationSettings;
  readonly rows: readonly EvaluationRow[];
  /** What was left out or done otherwise than asked, and why; absent if nothing was. */
  readonly notes?: readonly string[];
  /** Absent if no other dataset was asked for. */
  readonly transfer?: readonly Transfer[];
}

/** Images per step of embedding: of 32x32 a thousand, a quarter faster than 250, and of large ones no more than fit in memory. */
const batchFor = ({ size: [height, width] }: EncoderInput): number => Math.max(250, Math.min(1000, Math.floor(2 ** 20 / (height * width))));

/**
 * Evaluates the newest checkpoint of a run and writes `evaluation.json` into its folder. All data are checked before anything
 * is computed.
 *
 * @param run Its folder, or what `openRun` made of it.
 * @throws KindredError for a folder that is not a run or one of another version, a damaged checkpoint, data that cannot be evaluated
 * on.
 */
export async function evaluateRun(run: string | OpenedRun, options: EvaluateRunOptions): Promise<Evaluation> {
  const { settings, baselines = false, best = false, on = {}, communicator = oneRank(), onProgress = () => undefined, onShare = () => undefined } = options;
  const opened = typeof run === 'string' ? await openRun(run) : run;
  const { path, settings: trained } = opened;
  await checkpointOf(path);
  const data = options.data ?? (await openLabelled(trained.data));
  const others = Object.entries(on).map(([name, other]) => ({ name, ...adaptData(other, encoderInputOf(trained, data.train)) }));
  // a run on images without classes is probed on others
  const unlabelled = others.length > 0 && !data.train.labels?.some((label) => label >= 0);
  const plans = new Map<EvaluationData, EvaluationPlan>();
  for (const each of unlabelled ? others : [data, ...others]) plans.set(each, planEvaluation(each, settings));

  const subjects = await subjectsOf(opened, data.train, { baselines, best, communicator });
  try {
    const rowsOn = async (images: EvaluationData, prefix: string): Promise<EvaluationRow[]> => {
      const { settings: possible, notes } = plans.get(images)!;
      for (const note of notes) onProgress(`${prefix}${note}`);
      const rows: EvaluationRow[] = [];
      for (const subject of subjects) {
        const named = (what: string): string => `${prefix}${subject.name}: ${what}`;
        const watcher: Watcher = { onProgress: (what) => onProgress(named(what)), onShare: (what, done, total) => onShare(named(what), done, total) };
        rows.push(await evaluateSubject(subject, images, { trained, settings: possible, ...watcher }));
      }
      return rows;
    };
    if (unlabelled) onProgress(`${data.train.name} has no labels: ${trained.name} is evaluated on the other data only`);
    const rows = unlabelled ? [] : await rowsOn(data, '');
    const transfer: Transfer[] = [];
    for (const other of others) transfer.push(transferOf(other, plans.get(other)!, await rowsOn(other, `${other.name}, `)));
    const evaluation: Evaluation = {
      run: trained.name,
      step: subjects.at(-1)!.step!,
      seed: trained.seed,
      data: {
        train: data.train.name,
        test: data.test.name,
        fingerprint: digest([data.train.fingerprint, data.test.fingerprint]),
        ...(opened.identity && { trainedOn: opened.identity.data.fingerprint }),
      },
      settings,
      rows,
      ...notesOf(plans.get(data)),
      ...(transfer.length > 0 && { transfer }),
    };
    if (communicator.rank === 0) await writeFileAtomic(join(path, 'evaluation.json'), `${JSON.stringify(evaluation, null, 2)}\n`);
    return evaluation;
  } finally {
    for (const { encoder } of subjects) if (encoder !== undefined) disposeNetwork(encoder);
  }
}

/** Notes as a field, if there are any. */
const notesOf = ({ notes }: Pick<EvaluationPlan, 'notes'> = { notes: [] }): { readonly notes?: readonly string[] } => (notes.length === 0 ? {} : { notes });

const transferOf = ({ name, train, test, changes }: AdaptedData & { readonly name: string }, plan: EvaluationPlan, rows: readonly EvaluationRow[]): Transfer => ({
  data: name,
  train: train.name,
  test: test.name,
  changes,
  ...notesOf(plan),
  rows,
});

/** What is evaluated, the run itself last. */
async function subjectsOf(
  run: OpenedRun,
  images: ImageDataset,
  { baselines, best, communicator }: { readonly baselines: boolean; readonly best: boolean; readonly communicator: Communicator },
): Promise<Subject[]> {
  const through = (name: string, { encoder, input }: Pick<LoadedRun, 'encoder' | 'input'>, step?: number): Subject => ({
    name,
    encoder,
    ...(step !== undefined && { step }),
    features: (dataset) => embed(encoder, dataset, { batchSize: batchFor(input), communicator, ...inputFor(input, dataset) }),
  });
  const newest = await loadRun(run, images);
  const { input } = newest;
  const watched = best ? await loadBest(run, images) : undefined;
  return [
    ...(baselines ? [{ name: 'raw pixels', features: (dataset: ImageDataset) => rawPixels(adaptImages(dataset, input).dataset) }, through('random weights', { encoder: freshEncoder(run.settings, images), input })] : []),
    ...(watched ? [through(`${run.settings.name}, best of training (step ${watched.step})`, watched, watched.step)] : []),
    through(run.settings.name, newest, newest.step),
  ];
}
