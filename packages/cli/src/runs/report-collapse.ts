/** Signs of collapse: deviations and singular values of embeddings, cosines of pairs. */
import { type Features, countRows, perDimensionDeviation } from '@kindred/evaluation';
import type { Collapse } from '@kindred/report';
import { matMul, mean, sub, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';

/** Bins of the histograms over −1..1. */
const bins = 100;

/** Measures embeddings. `views` are those of two views of some images, row by row. */
export function collapseOf(features: Features, views: readonly [Features, Features] | undefined): Collapse {
  const { values, dimension } = features;
  const count = countRows(features);
  const [deviation, gram] = tidy(() => {
    const rows = tensor2d(values, [count, dimension]);
    const centred = sub(rows, mean(rows, 0, true));
    return [perDimensionDeviation(rows).arraySync(), matMul(centred, centred, true, false).arraySync() as number[][]];
  });
  const { realEigenvalues } = new EigenvalueDecomposition(new Matrix(gram), { assumeSymmetric: true });
  // float32 leaves eigenvalues that should be 0 a little to either side
  const singularValues = realEigenvalues.map((value) => Math.sqrt(Math.max(0, value))).sort((a, b) => b - a);
  return {
    caption: `${count.toLocaleString('en')} test images, ${dimension} dimensions of the backbone`,
    deviation,
    singularValues,
    effectiveRank: effectiveRank(singularValues),
    ...(views && { similarities: similarities(views) }),
  };
}

/**
 * The exponential of the entropy of the singular values' shares: 1..D.
 *
 * @see Roy & Vetterli 2007; Garrido et al. 2023, "RankMe"
 */
function effectiveRank(singularValues: readonly number[]): number {
  const sum = singularValues.reduce((total, value) => total + value, 0);
  if (sum === 0) return 0;
  const entropy = singularValues.reduce((total, value) => (value === 0 ? total : total - (value / sum) * Math.log(value / sum)), 0);
  return Math.exp(entropy);
}

/** Cosines of two views of an image, and of one image's first view with every other image's second. */
function similarities([one, other]: readonly [Features, Features]): NonNullable<Collapse['similarities']> {
  const count = countRows(one);
  const [a, b] = [unitRows(one), unitRows(other)];
  const cosines = tidy(() => matMul(tensor2d(a, [count, one.dimension]), tensor2d(b, [count, one.dimension]), false, true).dataSync());
  const positives = new Array<number>(bins).fill(0);
  const negatives = new Array<number>(bins).fill(0);
  for (let row = 0; row < count; row++) {
    for (let column = 0; column < count; column++) {
      const bin = Math.min(bins - 1, Math.max(0, Math.floor(((cosines[row * count + column]! + 1) / 2) * bins)));
      const of = row === column ? positives : negatives;
      of[bin] = of[bin]! + 1;
    }
  }
  return { positives, negatives };
}

function unitRows({ values, dimension }: Features): Float32Array {
  const unit = values.slice();
  for (let start = 0; start < unit.length; start += dimension) {
    const row = unit.subarray(start, start + dimension);
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0)) || 1;
    for (let i = 0; i < dimension; i++) row[i] = row[i]! / length;
  }
  return unit;
}
