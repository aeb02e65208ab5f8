/** All fast kernels of the backend `tensorflow`. */
import { adamUpdate } from './adam-update.js';
import { batchNorm, batchNormGrad } from './batch-norm.js';
import { batchNormRelu, batchNormReluGrad, ownBatchNorm, ownBatchNormGrad } from './batch-norm-relu.js';
import { conv2d, conv2dFilterGrad, conv2dInputGrad, conv2dInputGradSum } from './conv2d.js';
import { hsvToRgb, rgbToHsv } from './hsv.js';
import { linearProduct } from './linear-product.js';
import { maxPool, maxPoolGrad } from './max-pool.js';
import { movingStatistics } from './moving-statistics.js';
import { register } from './native.js';
import { relu, reluGrad } from './relu.js';
import { argMaxRows, topK } from './rows.js';
import { sgdUpdate } from './sgd-update.js';
import { squaredNorms } from './squared-norms.js';
import { syncBatchNorm, syncBatchNormGrad, syncBatchNormMoments, syncBatchNormSums } from './sync-batch-norm.js';
import { writeRows } from './write-rows.js';

/** Registers them. Repeated calls are harmless. */
export function registerKernels(): void {
  register([
    batchNorm,
    batchNormGrad,
    relu,
    reluGrad,
    linearProduct,
    conv2d,
    conv2dInputGrad,
    conv2dInputGradSum,
    conv2dFilterGrad,
    maxPool,
    maxPoolGrad,
    topK,
    argMaxRows,
    writeRows,
    rgbToHsv,
    hsvToRgb,
    sgdUpdate,
    adamUpdate,
    squaredNorms,
  ]);
}

/** Registers those that run on ops of our own, once the library has them. */
export function registerOwnKernels(): void {
  register([ownBatchNorm, ownBatchNormGrad], 'instead');
  register([batchNormRelu, batchNormReluGrad, movingStatistics, syncBatchNorm, syncBatchNormGrad, syncBatchNormMoments, syncBatchNormSums]);
}
