/** Rank 1 misbehaves while the others wait for it: how does the job end? */
import { type Mpi, openMpi } from '@kindred/distributed/node';

const [what] = process.argv.slice(2);
const mpi = await openMpi(what === 'unverified' ? { verifyCalls: 0 } : {});
console.log(`pid ${process.pid}`);
mpi.barrier();

const failures: Readonly<Record<string, (job: Mpi) => unknown>> = {
  throws: () => {
    throw new Error('the disk is gone');
  },
  rejects: () => void Promise.reject(new Error('nobody handles this')),
  'exits with 1': () => process.exit(1),
  'exits with 3': () => process.exit(3),
  'exits with 0': () => process.exit(0),
  'returns early': () => undefined, // the module ends without finalize, and nothing keeps the process alive
  'is killed': () => process.kill(process.pid, 'SIGKILL'),
  aborts: (job) => job.abort('I give up.', 42),
  hangs: () => {
    for (;;);
  },
  'sends fewer values': (job) => job.allReduce(new Float32Array(3)),
  'makes another call': (job) => job.barrier(),
};
if (mpi.rank === 1) failures[what!]!(mpi);
else {
  mpi.allReduce(new Float32Array(4));
  await mpi.finalize();
}
