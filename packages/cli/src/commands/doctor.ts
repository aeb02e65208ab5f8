/** `kindred doctor`: what computes here, how fast, and what is missing. */
import type { Command } from '@commander-js/extra-typings';
import type { Diagnosis } from '@kindred/tensorflow';
import { formatTable } from '../table.js';

/** Adds the command to the program. */
export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('say what computes here, how fast, and what is missing')
    .addHelpText(
      'after',
      `
Examples:
  kindred doctor`,
    )
    .action(async () => {
      const { diagnose } = await import('@kindred/tensorflow');
      process.stdout.write(report(await diagnose()));
    });
}

/** A diagnosis as text: what is in use, what was found, and what to do about the rest. */
export function report({ engine, gigaflops, convolutions, automatic, findings }: Diagnosis): string {
  const facts = [
    ['library', engine.library],
    ['device', engine.device],
    ['threads', String(engine.threads)],
    ['oneDNN', engine.oneDNN ? 'on' : 'off'],
    ['own kernels', engine.ownKernels ? 'on' : 'off'],
    ['matrix product', `${gigaflops.toFixed(0)} GFLOP/s`],
    ...Object.entries(convolutions ?? {}).map(([precision, speed]) => [`convolution, ${precision}`, `${speed.toFixed(0)} GFLOP/s`]),
    ['precision: auto', automatic],
    ['addon', engine.path ?? 'none: plain JavaScript'],
    ['Node', process.versions.node],
    ...findings.map(({ name, found, ok }) => [name, ok ? found : `${found}  <- missing`]),
  ];
  const remedies = findings.flatMap(({ name, ok, remedy }) => (ok || remedy === undefined ? [] : [`${name}: ${remedy}`]));
  return `${formatTable(['', 'here'], facts)}\n${remedies.length === 0 ? 'nothing is missing' : remedies.join('\n')}\n`;
}
