/** Heads of published methods, one row per setting, each with its source. */
import type { PredictionHeadOptions } from './prediction-head.js';
import type { ProjectionHeadOptions } from './projection-head.js';

/** A head of a paper or a library: the options of `projectionHead` and, if there is one, of `predictionHead`. */
export interface HeadPreset {
  readonly projection: Required<Pick<ProjectionHeadOptions, 'layers' | 'batchNorm' | 'outputAffine' | 'outputBias'>>;
  /** Takes the projection's last length as `input`. */
  readonly prediction?: Required<Pick<PredictionHeadOptions, 'hidden' | 'output' | 'outputBias'>>;
  /** The paper, or the file of a public repository. */
  readonly source: string;
}

/**
 * Heads as published. Spread a row into `projectionHead` and `predictionHead`. `outputAffine` applies if the last layer is
 * normalised, `outputBias` if it is not.
 *
 * @example
 * const { projection, prediction } = headPresets.nnclrPaper;
 * const projector = projectionHead({ random: random(1).fork('projector'), input: 512, ...projection });
 * const predictor = predictionHead({ random: random(1).fork('predictor'), input: projector.dimension, ...prediction });
 * [projector.dimension, predictor.dimension]; // => [256, 256]
 */
export const headPresets = {
  nnclrPaper: {
    projection: { layers: [2048, 2048, 256], batchNorm: 'all', outputAffine: true, outputBias: false },
    prediction: { hidden: 4096, output: 256, outputBias: true },
    source: 'Dwibedi et al. 2021, section 4.1',
  },
  nnclrSoloLearn: {
    projection: { layers: [2048, 2048, 256], batchNorm: 'all', outputAffine: true, outputBias: false },
    prediction: { hidden: 4096, output: 256, outputBias: true },
    source: 'solo-learn, solo/methods/nnclr.py and scripts/pretrain/cifar/nnclr.yaml',
  },
  nnclrLightlyCifar: {
    projection: { layers: [2048, 256], batchNorm: 'all', outputAffine: true, outputBias: false },
    prediction: { hidden: 4096, output: 256, outputBias: true },
    source: 'lightly, benchmarks/cifar10_benchmark.py',
  },
  simclrGoogle: {
    projection: { layers: ['input', 'input', 128], batchNorm: 'all', outputAffine: 'scale-only', outputBias: false },
    source: 'google-research/simclr, tf2/run.py and tf2/model.py',
  },
  simclrSoloLearnCifar: {
    projection: { layers: [2048, 256], batchNorm: 'none', outputAffine: true, outputBias: true },
    source: 'solo-learn, solo/methods/simclr.py and scripts/pretrain/cifar/simclr.yaml',
  },
  simclrLightlyImagenet: {
    projection: { layers: [2048, 128], batchNorm: 'all', outputAffine: true, outputBias: false },
    source: 'lightly, benchmarks/imagenet/resnet50/simclr.py',
  },
  mocoV2: {
    projection: { layers: ['input', 128], batchNorm: 'none', outputAffine: true, outputBias: true },
    source: 'facebookresearch/moco, moco/builder.py',
  },
  mocoV3: {
    projection: { layers: [4096, 256], batchNorm: 'all', outputAffine: false, outputBias: false },
    prediction: { hidden: 4096, output: 256, outputBias: false },
    source: 'facebookresearch/moco-v3, moco/builder.py, ResNet',
  },
  byol: {
    projection: { layers: [4096, 256], batchNorm: 'hidden', outputAffine: true, outputBias: false },
    prediction: { hidden: 4096, output: 256, outputBias: false },
    source: 'google-deepmind/deepmind-research, byol/utils/networks.py',
  },
  simsiam: {
    projection: { layers: [2048, 2048, 2048], batchNorm: 'all', outputAffine: false, outputBias: false },
    prediction: { hidden: 512, output: 2048, outputBias: true },
    source: 'facebookresearch/simsiam, simsiam/builder.py',
  },
  swav: {
    projection: { layers: [2048, 128], batchNorm: 'hidden', outputAffine: true, outputBias: true },
    source: 'facebookresearch/swav, src/resnet50.py and main_swav.py; also DeepCluster v2',
  },
  barlowTwins: {
    projection: { layers: [8192, 8192, 8192], batchNorm: 'hidden', outputAffine: true, outputBias: false },
    source: 'facebookresearch/barlowtwins, main.py',
  },
  vicreg: {
    projection: { layers: [8192, 8192, 8192], batchNorm: 'hidden', outputAffine: true, outputBias: false },
    source: 'facebookresearch/vicreg, main_vicreg.py',
  },
  supcon: {
    projection: { layers: ['input', 128], batchNorm: 'none', outputAffine: true, outputBias: true },
    source: 'HobbitLong/SupContrast, networks/resnet_big.py',
  },
} as const satisfies Record<string, HeadPreset>;
