/** A pre-training run: started from settings, or continued from its folder. */
import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { checkWhole, type Communicator, flattenParameters, type ImageDataset, oneRank, SettingsError } from '@kindred/core';
import { openDataset } from '@kindred/datasets/node';
import { broadcastVariables } from '@kindred/distributed';
import { pretrain, type StepRecord } from '@kindred/training';
import { compareRun, listCheckpoints, openRunFolder } from '@kindred/training/node';
import type { InitialWeights, InitReport } from '../init/initial-weights.js';
import { initWarnings } from '../init/describe-init.js';
import { readInit } from '../init/read-init.js';
import { aligned } from '../settings/explain.js';
import { movedTo } from '../settings/moved-to.js';
import { groupsOf } from '../settings/optimizer-settings.js';
import { PretrainSettings } from '../settings/pretrain-settings.js';
import { checkSettings, setValues } from '../settings/read-settings.js';
import { buildRun, type RunParts } from './build-run.js';
import { encoderInputOf } from './encoder-input.js';
import { engineOf } from './environment.js';
import { idleSteps } from './idle-steps.js';
import { inPrecision } from './in-precision.js';
import { readRunSettings } from './load-run.js';
import { agreeOnRun, broadcastCheckpoint, broadcastInit, normalizeOf } from './ranks-of-run.js';
import { type MonitorLine, notesOfOthers, openRunNotes } from './run-notes.js';

/** The surroundings of a run: data, callbacks, signal and ranks. */
export interface TrainOptions {
  /** Images, if they are open already; by default those of the settings. */
  readonly dataset?: ImageDataset;
  /** Weights to start from, if they are read already; by default those that `init` of the settings names. */
  readonly init?: InitialWeights | undefined;
  /** Called before the first step. */
  readonly onStart?: (facts: StartFacts) => void;
  readonly onStep?: (record: StepRecord) => void;
  /** Called with what `monitor` of the settings measured, as it is written down. */
  readonly onMeasured?: (line: MonitorLine) => void;
  /** Called with each warning, one sentence. */
  readonly onWarning?: (text: string) => void;
  /** Ends the run after the running step, with a checkpoint. */
  readonly signal?: AbortSignal;
  /**
   * The ranks that train the run together, each of which makes the same call. Rank 0 alone writes the folder, and calls `onStart`, `onStep` and
   * `onMeasured`; a signal on any rank ends all. Default: this process alone.
   */
  readonly communicator?: Communicator | undefined;
}

/** What is known before the first step. */
export interface StartFacts {
  /** Steps of the whole run. */
  readonly steps: number;
  /** Steps that a run which goes on has made. */
  readonly done: number;
  readonly batchSize: number;
  /** What of the weights in `init` of the settings was taken; absent without them, and in a run that goes on from a checkpoint. */
  readonly init?: InitReport;
}

/** Where a new run goes. */
export interface PretrainRunOptions extends TrainOptions {
  /** The folder that holds run folders. Default: `runs`. */
  readonly root?: string;
}

/** How a run is continued. */
export interface ResumeRunOptions extends TrainOptions {
  /** Where the images are now, if not where the run found them. */
  readonly data?: string;
  /** Whether to continue although the images are not those that the run was trained on. Default: false. */
  readonly acceptChangedData?: boolean;
  /**
   * Settings to change from here on, `path=value`: `epochs`, those of `learningRate`, `optimizer.weightDecay`, `checkpointEvery`,
   * `monitor`. Weights, moments and memories are those of the checkpoint; schedules are read as if the run had had the new settings
   * from its first step, at the step where it is.
   */
  readonly set?: readonly string[];
  /** Makes the run longer. What was trained stays as it was planned, and its schedules go on from the newest checkpoint. */
  readonly extend?: ExtendRun | undefined;
}

/** How a run is made longer. */
export interface ExtendRun {
  /** How many epochs are added to the planned ones. */
  readonly epochs: number;
  /**
   * The learning rate that it rises or falls to first, from where it is; needed for a run that is finished, whose rate has come down. From there half a cosine
   * leads to `learningRate.final`. Default: where it is.
   */
  readonly peak?: number | undefined;
  /** Epochs of the linear change to `peak`. Default: 0, at once. */
  readonly warmupEpochs?: number | undefined;
}

/** How a run ended. */
export interface PretrainRunResult {
  /** The run's folder. */
  readonly path: string;
  readonly step: number;
  /** False if the signal ended it. */
  readonly finished: boolean;
  /** Seconds of training, without set-up. */
  readonly seconds: number;
}

/** Settings that may change during a run: they say how long and how fast it trains, not what it is. */
const changeable = /^(epochs|learningRate(\..+)?|optimizer\.weightDecay(\..+)?|checkpointEvery|monitor(\..+)?)$/;
/** Where the images are, which says nothing about them: their fingerprint does. */
const place = /^data\.(root|download|shards(\..+)?|train|test(\..+)?)$/;
const moved = (path: string): boolean => place.test(path);

/**
 * Trains a new run and leaves `<root>/<name>/` with `run.json`, `config.json`, `environment.json`, `metrics.jsonl`, `neighbors.jsonl`
 * (what was taken as positives, of methods with a support set), `checkpoints/`, with `init` in the settings `init.json`, with `monitor`
 * `monitor.jsonl` and `best.safetensors`, and once finished `encoder.safetensors`: the backbone alone under torchvision's names and layouts.
 *
 * A run that fails before its first step leaves nothing.
 *
 * @throws KindredError for anything wrong with settings, data, folder or disk, before the folder is made if it can be known then.
 */
export function pretrainRun(settings: PretrainSettings, { root = 'runs', ...options }: PretrainRunOptions = {}): Promise<PretrainRunResult> {
  return train(join(root, settings.name), settings, { ...options, resume: false });
}

/**
 * Continues the run in a folder from its newest checkpoint.
 *
 * @throws DataError if there is no run, another process is writing it, or its data have changed. @throws SettingsError for a
 * change of what the run is.
 */
export async function resumeRun(path: string, { set = [], data, acceptChangedData, extend, ...options }: ResumeRunOptions = {}): Promise<PretrainRunResult> {
  const before = await readRunSettings(path);
  const forbidden = set.map((assignment) => assignment.split('=')[0]!).filter((each) => !changeable.test(each));
  if (forbidden.length > 0) {
    const why = 'cannot change on the way: it is part of what the run is. epochs, learningRate, optimizer.weightDecay, checkpointEvery and monitor can; for others start a new run';
    throw new SettingsError(path, aligned(forbidden.map((each) => [each, why] as const)));
  }
  // the folder's name may be one that a new run may not have
  const changed = checkSettings(path, PretrainSettings, setValues({ ...(extend ? await extended(path, before, extend) : before), name: 'run' }, set));
  const [groups, others] = [before, changed].map(({ learningRate }) => groupsOf(learningRate));
  if (groups !== others) {
    const what = `the groups of parameters with a rate of their own cannot change on the way, as the optimiser remembers each apart: ${groups || 'none'} then, ${others || 'none'} now`;
    throw new SettingsError(path, aligned([['learningRate', what]]));
  }
  const settings = { ...changed, name: before.name, data: movedTo(changed.data, data) };
  return train(path, settings, { ...options, acceptChangedData, resume: true, mayChange: (at) => moved(at) || changeable.test(at) });
}

/** Settings of a run that continues from its newest checkpoint for longer than planned. */
async function extended(path: string, { epochs, learningRate, ...rest }: PretrainSettings, extend: ExtendRun): Promise<PretrainSettings> {
  if (extend.peak === undefined && existsSync(join(path, 'encoder.safetensors'))) {
    throw new SettingsError(path, ['extend.peak  expected the rate to go on with, as the run is finished and its rate has come down. Say --rate (extend.peak).']);
  }
  checkWhole('resumeRun.extend', { epochs: extend.epochs }, 1);
  const fromStep = (await listCheckpoints(join(path, 'checkpoints'))).at(-1) ?? 0;
  const extension = { fromStep, afterEpochs: epochs, warmupEpochs: extend.warmupEpochs ?? 0, ...(extend.peak !== undefined && { peak: extend.peak }) };
  return { ...rest, epochs: epochs + extend.epochs, learningRate: { ...learningRate, extensions: [...(learningRate.extensions ?? []), extension] } };
}

/**
 * Brings a run to its end: starts it, continues it, or leaves it as it is because it is finished.
 *
 * @throws DataError if the run of that name has other settings or other data. Otherwise as `pretrainRun`.
 */
export async function completeRun(settings: PretrainSettings, { root = 'runs', ...options }: PretrainRunOptions = {}): Promise<PretrainRunResult> {
  const path = join(root, settings.name);
  if (!existsSync(join(path, 'config.json'))) return pretrainRun(settings, { root, ...options });
  const dataset = options.dataset ?? (await openDataset(settings.data, 'train'));
  if (!existsSync(join(path, 'encoder.safetensors'))) return train(path, settings, { ...options, dataset, resume: true });
  await compareRun(path, { settings, data: dataset, mayChange: moved });
  const step = (await listCheckpoints(join(path, 'checkpoints'))).at(-1) ?? 0;
  return { path, step, finished: true, seconds: 0 };
}

interface HowToOpen {
  readonly resume: boolean;
  readonly acceptChangedData?: boolean | undefined;
  readonly mayChange?: (path: string) => boolean;
}

async function train(path: string, settings: PretrainSettings, options: TrainOptions & HowToOpen): Promise<PretrainRunResult> {
  const { communicator = oneRank() } = options;
  const first = communicator.rank === 0;
  const made = options.resume && first ? ((await listCheckpoints(join(path, 'checkpoints'))).at(-1) ?? 0) : 0;
  const read = first && made === 0 && settings.init !== undefined ? (options.init ?? (await readInit(settings.init))) : undefined;
  const dataset = options.dataset ?? (await openDataset(settings.data, 'train'));
  return inPrecision(settings.precision, async () => {
    agreeOnRun(communicator, settings, dataset.fingerprint);
    const init = broadcastInit(communicator, read);
    const parts = buildRun(settings, dataset, { normalize: normalizeOf(settings, communicator), init: init ?? 'checkpoint' });
    try {
      if (first && made === 0 && settings.frozen && settings.init === undefined) {
        options.onWarning?.(`${settings.frozen.join(', ')} of the encoder stay as they were drawn at random: frozen is set, and init is not.`);
      }
      if (read && parts.init) initWarnings(read, parts.init, encoderInputOf(settings, dataset)).forEach((text) => options.onWarning?.(text));
      return await trainParts(path, settings, parts, { ...options, dataset, made });
    } finally {
      parts.dispose();
    }
  });
}

/** What was found before the parts were made. */
interface Found {
  readonly dataset: ImageDataset;
  /** Steps of the newest checkpoint, on rank 0. */
  readonly made: number;
}

async function trainParts(
  path: string,
  settings: PretrainSettings,
  { method, views, optimizer, schedule, stepsPerEpoch, encoderState, init }: RunParts,
  { dataset, made, resume, acceptChangedData, mayChange = moved, onStart, onStep, onMeasured, onWarning, signal, communicator = oneRank() }: TrainOptions & HowToOpen & Found,
): Promise<PretrainRunResult> {
  const first = communicator.rank === 0;
  const total = stepsPerEpoch * settings.epochs;
  if (made > total) {
    throw new SettingsError(path, [`epochs  expected at least ${Math.ceil(made / stepsPerEpoch)}: the run has made ${made} steps, ${stepsPerEpoch} an epoch; received ${settings.epochs}`]);
  }
  const engine = await engineOf();
  const folder = first ? await openRunFolder(path, { settings, resume, acceptChangedData, data: dataset, engine, mayChange, onWarning }) : undefined;
  try {
    broadcastVariables(communicator, Object.values({ ...flattenParameters(method.parameters()), ...flattenParameters(method.buffers()) }));
    const resumeFrom = broadcastCheckpoint(communicator, folder?.resumeFrom);
    const done = resumeFrom?.step ?? 0;
    if (done < total) await folder?.remove('encoder.safetensors'); // that of a shorter run
    const noted = { method, encoderState, dataset, stepsPerEpoch, communicator, init };
    const notes = folder
      ? await openRunNotes(folder, { ...settings, name: basename(resolve(path)) }, noted, onMeasured)
      : notesOfOthers(settings, noted, resumeFrom === undefined);
    await notes.start();
    if (first) onStart?.({ steps: total, done, batchSize: settings.batchSize, ...(init && { init }) });
    const watchIdle = idleSteps((text) => onWarning?.(text));
    const started = performance.now();
    const { step, finished } = await pretrain({
      method,
      dataset,
      views,
      optimizer,
      schedule,
      batchSize: settings.batchSize,
      epochs: settings.epochs,
      seed: settings.seed,
      ...(resumeFrom && { resumeFrom }),
      communicator,
      ...(settings.chunkSize !== undefined && { chunkSize: settings.chunkSize }),
      ...(settings.accumulate !== undefined && { accumulate: settings.accumulate }),
      ...(settings.checkpointEvery !== undefined && { checkpointEvery: settings.checkpointEvery }),
      ...(signal && { signal }),
      onCheckpoint: (checkpoint) => folder?.save(checkpoint),
      async onStep(record) {
        await folder?.log(record);
        await notes.step(record);
        if (!first) return;
        watchIdle(record.loss);
        onStep?.(record);
      },
    });
    const seconds = (performance.now() - started) / 1000;
    await notes.end(seconds, finished);
    await folder?.close();
    return { path, step, finished, seconds };
  } catch (error) {
    await folder?.close().catch(() => undefined); // what came first says more
    throw error;
  }
}
