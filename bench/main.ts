/**
 * `npm run bench [name ...]`: every package's benchmarks, one after another, each figure a median over repetitions.
 * With KINDRED_PYTHON naming a Python that has torch, the training step is timed there too, in the same run.
 */
import { existsSync, readdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { measurePeak, useTensorFlow } from '@kindred/tensorflow';

interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

const root = join(import.meta.dirname, '..', 'packages');
const wanted = process.argv.slice(2);
const engine = await useTensorFlow();
console.log(`${cpus()[0]?.model.trim()}, ${cpus().length} cores; Node ${process.versions.node}; ${engine.library} on ${engine.device}`);
console.log(`matrix product: ${measurePeak().toFixed(0)} GFLOP/s\n`);

for (const name of readdirSync(root)) {
  const folder = join(root, name, 'bench');
  if (!existsSync(folder)) continue;
  for (const file of readdirSync(folder).filter((file) => file.endsWith('.ts')).sort()) {
    const title = `${name}/${file.replace('.ts', '')}`;
    if (wanted.length > 0 && !wanted.some((part) => title.includes(part))) continue;
    const { run } = (await import(pathToFileURL(join(folder, file)).href)) as { run?: () => Promise<Figure[]> };
    if (run === undefined) throw new Error(`packages/${title}.ts exports no run: helpers of benchmarks belong in bench/support/.`);
    console.log(title);
    for (const { name: what, value, unit } of await run()) {
      console.log(`  ${what.padEnd(66)} ${value.toPrecision(4).padStart(10)} ${unit}`);
    }
  }
}
