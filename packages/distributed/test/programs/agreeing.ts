/** Facts that the ranks agree on, and facts that they do not. */
import { agree, sameOnAllRanks } from '@kindred/distributed';
import type { Mpi } from '@kindred/distributed/node';
import { KindredError } from '@kindred/core';

export function run(mpi: Mpi): unknown {
  const { rank } = mpi;
  const last = rank === mpi.size - 1;

  agree(mpi, 'test', { steps: 10, data: 'cifar-10' });
  const refusals = [
    { steps: 10, data: last ? 'cifar-10, 49,999 samples' : 'cifar-10' },
    { steps: 10 + rank, data: 'cifar-10' },
    last ? { steps: 10, data: 'cifar-10', shapes: '3×3' } : { steps: 10, data: 'cifar-10' },
  ].map((facts) => {
    try {
      agree(mpi, 'test', facts);
      return 'agreed';
    } catch (error) {
      return KindredError.is(error) ? error.message : String(error);
    }
  });
  const same = [
    sameOnAllRanks(mpi, [Float32Array.of(0.1, 2), Int32Array.of(3)]),
    sameOnAllRanks(mpi, [Float32Array.of(0.1, last ? 2.0000002 : 2), Int32Array.of(3)]),
    sameOnAllRanks(mpi, [Float32Array.of(0.1, 2), Int32Array.of(last ? 4 : 3)]),
  ];
  const everywhere = sameOnAllRanks(mpi, [Int32Array.from(refusals.join(), (letter) => letter.codePointAt(0)!)]);
  return { refusals, same, everywhere };
}
