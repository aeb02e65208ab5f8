/** All that is measured of one kind of features on one dataset. */
import type { Encoder, ImageDataset } from '@kindred/core';
import type { Features } from '@kindred/evaluation';
import type { EvaluationSettings, ProbeName } from '../settings/evaluation-settings.js';
import type { PretrainSettings } from '../settings/pretrain-settings.js';
import type { EvaluationData } from './evaluate-data.js';
import { evaluateFeatures, type ProbeResult } from './evaluate-features.js';
import {
  type ClusteringFigures,
  clusteringFigures,
  type LabelFreeFigures,
  labelFreeFigures,
  type RetrievalFigures,
  retrievalFigures,
} from './evaluate-measures.js';
import { type FineTuneFigures, fineTuneFigures, sgdFigures, type TrainedFigures } from './evaluate-training.js';
import { viewPairs } from '../report/report-views.js';

/** What is evaluated: an encoder, or features that no encoder made. */
export interface Subject {
  readonly name: string;
  features(dataset: ImageDataset): Promise<Features>;
  /** Absent for raw pixels, which get no probes that train. */
  readonly encoder?: Encoder;
  /** Steps behind the encoder's weights. */
  readonly step?: number;
}

/** Callbacks for progress. */
export interface Watcher {
  /** What is done or in progress: `features`, ... */
  onProgress(what: string): void;
  /** The progress of a part that takes long. */
  onShare(what: string, done: number, total: number): void;
}

/** What one kind of features reached; figures that were not asked for are absent. */
export interface EvaluationRow {
  readonly name: string;
  /** kNN and linear probe, one entry per share of the labels. */
  readonly results: readonly ProbeResult[];
  readonly sgd?: TrainedFigures;
  readonly fineTune?: readonly FineTuneFigures[];
  readonly retrieval?: RetrievalFigures;
  readonly clustering?: ClusteringFigures;
  readonly labelFree?: LabelFreeFigures;
}

/** Probes of cached features. */
const cached: readonly ProbeName[] = ['knn', 'linear', 'retrieval', 'clustering', 'label-free'];

/** Measures one subject. Nothing is chosen on the test images. */
export async function evaluateSubject(
  { name, features, encoder }: Subject,
  data: EvaluationData,
  { trained, settings, onProgress, onShare }: Watcher & { readonly trained: PretrainSettings; readonly settings: EvaluationSettings },
): Promise<EvaluationRow> {
  const asks = (...probes: readonly ProbeName[]): boolean => probes.some((probe) => settings.probes.includes(probe));
  const { seed } = settings;
  let row: EvaluationRow = { name, results: [] };
  if (asks(...cached)) {
    onProgress('features');
    const test = await features(data.test);
    const results = asks('knn', 'linear') ? await evaluateFeatures({ train: await features(data.train), test }, settings, onProgress) : [];
    row = { ...row, results };
    if (asks('retrieval')) {
      row = { ...row, retrieval: await retrievalFigures(test, settings.retrieval) };
      onProgress('retrieval');
    }
    if (asks('clustering')) {
      row = { ...row, clustering: await clusteringFigures(test, settings.clustering, seed) };
      onProgress('clustering');
    }
    if (asks('label-free')) {
      const views = encoder && (await viewPairs(trained, data.train, encoder, settings.labelFree.images));
      row = { ...row, labelFree: await labelFreeFigures(test, views, settings.labelFree) };
      onProgress('label-free measures');
    }
  }
  if (encoder === undefined) return row;
  if (asks('sgd')) {
    row = { ...row, sgd: await sgdFigures(encoder, data, trained, settings, (done, total) => onShare('linear probe by SGD', done, total)) };
    onProgress('linear probe by SGD');
  }
  if (asks('fine-tune')) {
    const fineTune: FineTuneFigures[] = [];
    for (const each of settings.fineTune) {
      const what = `fine-tuning on ${100 * each.fraction} % of the labels`;
      fineTune.push(await fineTuneFigures(encoder, data, trained, each, seed, (done, total) => onShare(what, done, total)));
      onProgress(what);
    }
    row = { ...row, fineTune };
  }
  return row;
}
