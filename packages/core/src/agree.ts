/** What all ranks must have in common, compared before it is relied on. */
import type { Communicator, Values } from './contracts/communicator.js';
import { digest } from './digest.js';
import { StateError } from './errors.js';

/**
 * Compares facts over all ranks, and returns only if they are equal. Ranks with other settings, data or shapes would train nonsense, wait
 * for ever, or write beyond their memory.
 *
 * @param where Stands before the message.
 * @param facts Names and values, the same names in the same order on every rank; a digest for what is long.
 * @throws StateError on every rank, with the first fact that differs, and whose it is.
 *
 * @example
 * agree(oneRank(), 'pretrain', { steps: 100, data: 'cifar-10/train, 50000 samples' }); // one rank agrees with itself
 */
export function agree(communicator: Communicator, where: string, facts: Readonly<Record<string, string | number>>): void {
  const { size } = communicator;
  if (size === 1) return;
  const text = JSON.stringify(Object.entries(facts).map(([name, value]) => [name, String(value)]));
  const digests = communicator.allGather(wordsOf(digest([text])));
  if (digests.every((word, i) => word === digests[i % 2])) return; // all ranks see the same list, and so decide alike

  const codes = Int32Array.from(text, (letter) => letter.codePointAt(0)!);
  const longest = communicator.allReduce(Int32Array.of(codes.length), 'max')[0]!;
  const padded = new Int32Array(longest);
  padded.set(codes);
  const texts = communicator.allGather(padded);
  const [first, ...others] = Array.from({ length: size }, (_, rank) => factsOf(texts.subarray(rank * longest, (rank + 1) * longest)));
  const rank = 1 + others.findIndex((other) => String(other) !== String(first));
  const theirs = others[rank - 1]!;
  const at = Array.from({ length: Math.max(first!.length, theirs.length) }, (_, i) => i).find((i) => String(first![i]) !== String(theirs[i]))!;
  const said = (fact: Fact | undefined): string => (fact === undefined ? 'nothing more' : fact.join(' '));
  throw new StateError(where, `rank ${rank} has ${said(theirs[at])}, rank 0 has ${said(first![at])}.`, 'Start all ranks with the same program, settings and data.');
}

/**
 * Whether values are the same on all ranks, to the last bit. What is computed from equal values by equal machines is; a rank on another kind of processor
 * may drift.
 *
 * @example
 * sameOnAllRanks(oneRank(), [Float32Array.of(0.1)]); // => true
 */
export function sameOnAllRanks(communicator: Communicator, lists: readonly Values[]): boolean {
  if (communicator.size === 1) return true;
  const own = wordsOf(digest(lists.map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength))));
  const [least, most] = [communicator.allReduce(own, 'min'), communicator.allReduce(own, 'max')];
  return least.every((word, i) => word === most[i]);
}

/** A digest's 64 bits as two numbers. */
const wordsOf = (hexadecimal: string): Int32Array =>
  Int32Array.of(Number.parseInt(hexadecimal.slice(0, 8), 16), Number.parseInt(hexadecimal.slice(8), 16));

type Fact = [name: string, value: string];

const factsOf = (codes: Int32Array): Fact[] => JSON.parse(String.fromCodePoint(...codes.filter((code) => code !== 0))) as Fact[];
