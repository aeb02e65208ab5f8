/** `npm run example tabular`: SCARF-like pre-training on the diamonds of ggplot2, against the features as they are. */
import { useTensorFlow } from '@kindred/tensorflow';
import { experiment } from './experiment.js';

const epochs = Number(process.argv[2] ?? 20);
await useTensorFlow({ quiet: true });
const rows = await experiment({
  epochs,
  seed: 1,
  onStep: ({ step, loss }) => void (step % 500 === 0 && console.log(`step ${step}: loss ${loss.toFixed(3)}`)),
});
const columns = Object.keys(rows[0]!.accuracies);
const wide = Math.max(...rows.map(({ name }) => name.length), 'accuracy, %'.length);
console.log(['accuracy, %'.padEnd(wide), ...columns].join('   '));
for (const { name, accuracies } of rows) {
  console.log([name.padEnd(wide), ...columns.map((column) => (100 * accuracies[column]!).toFixed(1).padStart(column.length))].join('   '));
}
