/** What it costs to train with several ranks on one machine, and whether threads are faster. Jobs are started by `mpirun`, or by the launcher named in KINDRED_MPIRUN. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRanks } from '@kindred/distributed/node';
import type { StepSeconds } from './support/step.js';

interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

/** The number of steps in a job; each job is started at most three times, in turn with the others. `KINDRED_BENCH_ROUNDS=1` only shows that the benchmark runs. */
const rounds = Number(process.env['KINDRED_BENCH_ROUNDS'] ?? 5);
const views = 64;

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.floor(sorted.length / 2)]!) / 2;
};

async function job<Result>(program: string, ranks: number, threads: number, ...parameters: (string | number)[]): Promise<Result> {
  const file = join(mkdtempSync(join(tmpdir(), 'kindred-bench-')), 'result.json');
  const command = [process.execPath, ...process.execArgv, join(import.meta.dirname, 'support', program), file, ...parameters.map(String)] as const;
  const code = await startRanks({ ranks, threads, command: [...command] });
  if (code !== 0) throw new Error(`${program} on ${ranks} ranks ended with ${code}`);
  return JSON.parse(readFileSync(file, 'utf8')) as Result;
}

/** Returns medians. Steps that are compared run in turn, but an idle machine still gives the best figures. */
export async function run(): Promise<Figure[]> {
  const jobs: { two: StepSeconds; one: StepSeconds; lonely: StepSeconds }[] = [];
  for (let round = 0; round < Math.min(3, rounds); round++) {
    jobs.push({
      two: await job('step.ts', 2, 1, views, rounds),
      one: await job('step.ts', 1, 2, 2 * views, rounds),
      lonely: await job('step.ts', 1, 1, views, rounds),
    });
  }
  const all = (side: 'two' | 'one' | 'lonely', of: keyof StepSeconds): number => median(jobs.flatMap((each) => [...each[side][of]]));
  const [together, alone] = [all('two', 'together'), all('two', 'alone')];
  const [threads, lonely] = [all('one', 'together'), all('lonely', 'together')];
  const costs = await job<Record<string, number>>('exchange.ts', 2, 1, 11.2);
  const milliseconds = (name: string, what: string): Figure => ({ name: what, value: costs[name]! * 1000, unit: 'ms' });
  const share = (name: string, seconds: number): Figure => ({ name, value: (100 * seconds) / together, unit: '%' });
  // taken step by step, since the machine may slow down between steps
  const differences = jobs.flatMap(({ two }) => two.together.map((step, i) => (100 * (step - two.alone[i]!)) / step));
  return [
    { name: `2 ranks of 1 thread, ${views} views each: ResNet-18 step`, value: together, unit: 's' },
    { name: '  the same step of 2 unconnected processes, at once', value: alone, unit: 's' },
    { name: '  share of the exchange: copies, messages, waiting', value: median(differences), unit: '%' },
    share("    inside of MPI: gradients' message, and waiting for it", all('two', 'gradients')),
    share('    inside of MPI: all other messages, and waiting for them', all('two', 'small')),
    { name: '  the same step of one process, the other core idle', value: lonely, unit: 's' },
    { name: `1 process of 2 threads, ${2 * views} views: ResNet-18 step`, value: threads, unit: 's' },
    { name: '  2 ranks are this many times as fast', value: threads / together, unit: '×' },
    milliseconds('toHost', '11.2 million floats of 161 tensors to the host'),
    milliseconds('allReduce', '  all-reduce between 2 ranks'),
    milliseconds('fromHost', '  and back'),
    milliseconds('smallAllReduce', 'all-reduce of 512 floats'),
    milliseconds('smallAllGather', 'all-gather of 512 floats'),
  ];
}
