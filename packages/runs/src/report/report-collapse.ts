/** Signs of collapse: deviations and singular values of embeddings, cosines of pairs. */
import { countRows, effectiveRank, type Features, perDimensionDeviation, similarityHistograms } from '@kindred/evaluation';
import type { Collapse } from '@kindred/report';
import { matMul, mean, sub, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';

/** Bins of the histograms over −1..1. */
const bins = 100;

/** Measures embeddings of test or training images, as `kind` says. `views` are those of two views of some images, row by row. */
export async function collapseOf(features: Features, kind: string, views: readonly [Features, Features]): Promise<Collapse> {
  const count = countRows(features);
  const several = countRows(views[0]) > 1; // one image has no negative pair
  const pairs = several ? await similarityHistograms({ of: views, bins }) : undefined;
  return {
    caption: `${count.toLocaleString('en')} ${kind} images, ${features.dimension} dimensions of the backbone`,
    deviation: tidy(() => perDimensionDeviation(tensor2d(features.values, [count, features.dimension])).arraySync()),
    singularValues: singularValues(features),
    effectiveRank: effectiveRank(features),
    ...(pairs && { similarities: { positives: [...pairs.positive.counts], negatives: [...pairs.negative.counts] } }),
  };
}

/** Of the centred rows, largest first. */
function singularValues({ values, dimension }: Features): number[] {
  const gram = tidy(() => {
    const rows = tensor2d(values, [values.length / dimension, dimension]);
    const centred = sub(rows, mean(rows, 0, true));
    return matMul(centred, centred, true, false).arraySync() as number[][];
  });
  const { realEigenvalues } = new EigenvalueDecomposition(new Matrix(gram), { assumeSymmetric: true });
  // in float32, eigenvalues that should be 0 are slightly above or below
  return realEigenvalues.map((value) => Math.sqrt(Math.max(0, value))).sort((a, b) => b - a);
}
