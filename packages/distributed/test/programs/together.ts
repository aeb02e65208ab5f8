/**
 * Runs several programs of this folder as one job, since most of a job's time is its start: `together.ts agreeing equality=file,nnclr`. Rank 0 prints
 * their results as one JSON object, along with how a call fails once the job is over.
 */
import { launchedBy, openMpi } from '@kindred/distributed/node';

// on many machines these are four ranks on two cores
const mpi = await openMpi(launchedBy()!.by === 'MPICH' && launchedBy()!.size > 2 ? { yieldCores: true } : {});
const parts = process.argv.slice(2).map((argument) => argument.split('=') as [name: string, values?: string]);
if (parts.some(([name]) => name === 'normalizing' || name === 'equality')) {
  const { useTensorFlow } = await import('@kindred/tensorflow');
  await useTensorFlow({ quiet: true, threads: 1 });
}
const programs: Readonly<Record<string, () => Promise<{ run(job: typeof mpi, values: readonly string[]): unknown }>>> = {
  collectives: () => import('./collectives.js'),
  agreeing: () => import('./agreeing.js'),
  normalizing: () => import('./normalizing.js'),
  equality: () => import('./equality.js'),
};
const results: Record<string, unknown> = {};
for (const [name, values = ''] of parts) results[name] = await (await programs[name]!()).run(mpi, values.split(','));
await mpi.finalize();
await mpi.finalize();
try {
  mpi.barrier();
} catch (error) {
  results['afterwards'] = String(error);
}
if (mpi.rank === 0) console.log(JSON.stringify(results));
