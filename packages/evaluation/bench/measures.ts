/** Retrieval, purity, k-means and the label-free measures at the sizes of CIFAR-10. */
import { random } from '@kindred/core';
import { effectiveRank, type Features, kMeans, neighborPurity, retrieval, similarityHistograms } from '../src/index.js';

const classes = 10;

/** Rows scattered around one centre for each class. */
function clusters(rows: number, dimension: number, stream: string): Required<Pick<Features, 'labels'>> & Features {
  const centres = random(1).fork('centres');
  const centre = Float32Array.from({ length: classes * dimension }, () => centres.uniform(-1, 1));
  const draws = random(1).fork(stream);
  const labels = Int32Array.from({ length: rows }, (_, row) => row % classes);
  const values = new Float32Array(rows * dimension);
  for (let i = 0; i < values.length; i++) {
    const row = Math.floor(i / dimension);
    values[i] = centre[labels[row]! * dimension + (i % dimension)]! + 8 * (draws.uniform() - 0.5);
  }
  return { values, dimension, labels };
}

/** Seconds, and what was found as a sign that the work was done. */
export async function run(): Promise<{ name: string; value: number; unit: string }[]> {
  const results: { name: string; value: number; unit: string }[] = [];
  const time = async (name: string, work: () => Promise<number> | number): Promise<void> => {
    const start = performance.now();
    const found = await work();
    results.push({ name, value: (performance.now() - start) / 1000, unit: 's' }, { name: `${name}: found`, value: found, unit: '' });
  };
  const [train, test] = [clusters(60_000, 512, 'train'), clusters(10_000, 512, 'test')];
  const similarity = 'cosine';
  await time('purity, k = 20, 10,000 rows of 512', async () => (await neighborPurity({ features: test, k: 20, similarity })).purity);
  await time('mAP@R, R = 999, 10,000 rows of 512', async () => (await retrieval({ queries: test, recallAt: [1], similarity })).mapAtR);
  await time('mAP@R, R = 6,000, 10,000 × 60,000 rows of 512', async () =>
    (await retrieval({ queries: test, references: train, recallAt: [1], similarity })).mapAtR);
  const few = clusters(5_000, 512, 'few');
  await time('similarity histograms, 5,000 rows of 512', async () => (await similarityHistograms({ of: few, bins: 50 })).positive.mean);
  for (const dimension of [128, 512]) {
    const rows = clusters(10_000, dimension, 'rows');
    await time(`effective rank, 10,000 rows of ${dimension}`, () => effectiveRank(rows));
    let iterations = 0;
    await time(`k-means, 10 clusters, one start, 10,000 rows of ${dimension}`, async () => {
      const found = await kMeans({ features: rows, clusters: 10, similarity, restarts: 1, maximumIterations: 300, seed: 1 });
      iterations = found.iterations;
      return found.inertia;
    });
    results.push({ name: `k-means of ${dimension}: iterations`, value: iterations, unit: '' });
  }
  return results;
}
