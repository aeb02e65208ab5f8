/** kNN at the size of CIFAR-10 or Fashion-MNIST: 60,000 labelled rows, 10,000 to classify. */
import { random } from '@kindred/core';
import { type Features, knn } from '../src/index.js';

const [trainRows, testRows, dimension, classes] = [60_000, 10_000, 512, 10];

/** Rows scattered around one centre for each class. */
function clusters(rows: number, stream: string): Features {
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

/** Seconds for all rows, and the accuracy as a sign that the work was done. */
export async function run(): Promise<{ name: string; value: number; unit: string }[]> {
  const [train, test] = [clusters(trainRows, 'train'), clusters(testRows, 'test')];
  const results: { name: string; value: number; unit: string }[] = [];
  for (const [similarity, k] of [['cosine', 20], ['cosine', 200], ['euclidean', 20]] as const) {
    const start = performance.now();
    const { accuracy } = await knn({ train, test, k, similarity, weighting: 'uniform', classes });
    const name = `knn ${similarity}, k = ${k}, ${trainRows} × ${testRows} rows of ${dimension}`;
    results.push({ name, value: (performance.now() - start) / 1000, unit: 's' }, { name: `${name}: accuracy`, value: accuracy, unit: '' });
  }
  return results;
}
