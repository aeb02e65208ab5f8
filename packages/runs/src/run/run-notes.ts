/** What a run records in addition to its metrics: measurements, the neighbours it took as positives, its best encoder. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { disposeNetwork, exportTorch, restoreNetwork } from '@kindred/backbones';
import { type Communicator, encodeSafetensors, type Encoder, type ImageDataset, inputMetadata, type NamedTensors } from '@kindred/core';
import type { StepRecord } from '@kindred/training';
import { readStepLog, type RunFolder, type StepLine } from '@kindred/training/node';
import type { PretrainSettings } from '../settings/pretrain-settings.js';
import { freshEncoder, type RunParts } from './build-run.js';
import { encoderInputOf } from './encoder-input.js';
import { type Environment, environmentOf } from './environment.js';
import { inputFile } from './load-run.js';
import type { FollowedNeighbors } from '../monitor/followed-neighbors.js';
import { monitorOf } from '../monitor/monitor.js';

/** A line of `monitor.jsonl`. */
export interface MonitorLine extends StepLine {
  readonly epoch: number;
  readonly values: Readonly<Record<string, number>>;
  /** Neighbours of the same few images at each measurement. */
  readonly neighbors?: FollowedNeighbors;
}

/** A line of `neighbors.jsonl`: for some samples of a step the stored sample that was their positive, −1 for a random row. */
export interface NeighborsLine extends StepLine {
  readonly epoch: number;
  readonly sampleIds: readonly number[];
  readonly neighborIds: readonly number[];
  /** Cosines. */
  readonly similarities: readonly number[];
}

/** Writes a run's notes. */
export interface RunNotes {
  /** Before the first step, or the first one after a resume. */
  start(): Promise<void>;
  /** After each step. */
  step(record: StepRecord): Promise<void>;
  /** After `seconds` of training, which may go on another time. */
  end(seconds: number, finished: boolean): Promise<void>;
}

/** How many pairs of neighbours are recorded at a time. */
const shown = 16;
/** Steps after which they are recorded, in addition to the times of measurement: early ones, when neighbours change fastest. */
const early = new Set([1, 3, 10, 30, 100, 300, 1000, 3000]);

/** The encoder under torchvision's names and layouts, with facts about it. */
const encoderFile = (state: NamedTensors, facts: Readonly<Record<string, string>>): Uint8Array =>
  encodeSafetensors(exportTorch(state), { format: 'pt', ...facts });

/** What the notes are taken from. */
interface Noted extends Pick<RunParts, 'method' | 'encoderState' | 'stepsPerEpoch' | 'init'> {
  readonly dataset: ImageDataset;
  readonly communicator: Communicator;
}

/** Looks at the encoder that is evaluated: the trained one, or one with the averaged weights for as long as it takes. */
async function throughEncoder<T>(settings: PretrainSettings, { method, encoderState, dataset }: Noted, look: (encoder: Encoder) => Promise<T>): Promise<T> {
  if (settings.averageWeights === undefined) return look(method.encoder);
  const averaged = freshEncoder(settings, dataset);
  try {
    restoreNetwork('averageWeights', averaged, encoderState());
    return await look(averaged);
  } finally {
    disposeNetwork(averaged);
  }
}

/** The part of each measurement of a rank that writes no notes. `anew`: the run has no checkpoint to continue from. */
export function notesOfOthers(settings: PretrainSettings, noted: Noted, anew: boolean): RunNotes {
  const monitor = monitorOf(settings, noted.dataset, noted.stepsPerEpoch, noted.communicator);
  const measure = async (): Promise<void> => void (monitor && (await throughEncoder(settings, noted, monitor.measure)));
  return {
    start: async () => void (anew && (await measure())),
    step: async ({ step }) => void (monitor?.due(step) === true && (await measure())),
    end: () => Promise.resolve(),
  };
}

/** The notes of a run in its folder. */
export async function openRunNotes(folder: RunFolder, settings: PretrainSettings, noted: Noted, onMeasured: (line: MonitorLine) => void = () => undefined): Promise<RunNotes> {
  const { method, encoderState, dataset, stepsPerEpoch, communicator, init } = noted;
  const monitor = monitorOf(settings, dataset, stepsPerEpoch, communicator);
  const input = encoderInputOf(settings, dataset);
  const environment = await environmentOf(folder.path);
  let best = await bestSoFar(folder.path);
  const write = (facts: Environment): Promise<void> => folder.write('environment.json', `${JSON.stringify(facts, null, 2)}\n`);

  const measure = async (step: number, epoch: number): Promise<void> => {
    if (monitor === undefined) return;
    const measured = await throughEncoder(settings, noted, monitor.measure);
    const line: MonitorLine = { step, epoch, ...measured };
    await folder.note('monitor', line);
    onMeasured(line);
    const { knn } = measured.values;
    if (knn === undefined || knn <= best) return;
    best = knn;
    await folder.write('best.safetensors', encoderFile(encoderState(), { run: settings.name, step: `${step}`, knn: `${best}`, ...inputMetadata(input) }));
  };

  return {
    async start() {
      await write(environment);
      await folder.write(inputFile, `${JSON.stringify(input, null, 2)}\n`);
      if (init !== undefined) await folder.write('init.json', `${JSON.stringify(init, null, 2)}\n`);
      if (folder.resumeFrom === undefined) await measure(0, 0);
    },
    async step({ step, epoch }) {
      const due = monitor?.due(step) === true;
      if (due || early.has(step)) {
        const chosen = method.chosen?.();
        if (chosen !== undefined) {
          const first = (values: Int32Array | Float32Array): number[] => Array.from(values.subarray(0, shown));
          const { sampleIds, neighborIds, similarities } = chosen;
          const line: NeighborsLine = { step, epoch, sampleIds: first(sampleIds), neighborIds: first(neighborIds), similarities: first(similarities) };
          await folder.note('neighbors', line);
        }
      }
      if (due) await measure(step, epoch);
    },
    async end(seconds, finished) {
      const facts = { ...environment, seconds: environment.seconds + seconds };
      await write(finished ? { ...facts, finished: new Date().toISOString() } : facts);
      if (finished) await folder.write('encoder.safetensors', encoderFile(encoderState(), { run: settings.name, ...inputMetadata(input) }));
    },
  };
}

/** The best accuracy that the run has on record; a resumed run has dropped the lines that it will measure again. */
async function bestSoFar(path: string): Promise<number> {
  const file = join(path, 'monitor.jsonl');
  const lines = existsSync(file) ? await readStepLog<MonitorLine>(file) : [];
  return lines.reduce((most, { values }) => Math.max(most, values['knn'] ?? 0), 0);
}
