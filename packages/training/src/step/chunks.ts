/** A batch in chunks of rows: their slices and their embeddings. */
import { ArgumentError, type StepOutputs } from '@kindred/core';
import type { Forward } from '@kindred/methods';
import { concat, slice, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';

/** @throws ArgumentError for chunks that do not make up a batch, or `accumulate` without them */
export function checkChunks(where: string, batchSize: number, chunkSize: number | undefined, accumulate: boolean | undefined): void {
  if (chunkSize === undefined) {
    if (accumulate !== true) return;
    throw new ArgumentError(`${where}.accumulate`, 'false without chunkSize', accumulate, 'Give chunkSize, the samples of a chunk.');
  }
  if (!Number.isSafeInteger(chunkSize) || chunkSize < 1 || batchSize % chunkSize !== 0) {
    throw new ArgumentError(`${where}.chunkSize`, `a divisor of the batch of ${batchSize} samples`, chunkSize);
  }
}

/** Rows `index · size` to `(index + 1) · size` of each tensor. */
export const rowsOf = <T extends Tensor>(tensors: readonly T[], index: number, size: number): T[] =>
  tensors.map((tensor) => slice(tensor, index * size, size));

/** The networks' outputs for a chunk, one tensor per view. A type alias, since tidy accepts no interface. */
export type Embeddings = { projections: Tensor2D[]; predictions?: Tensor2D[]; targets?: Tensor2D[]; features?: Tensor2D[] };

/** A chunk's outputs, as separate lists. */
export const embeddingsOf = ({ projections, predictions, features }: Forward, targets: Tensor2D[] | undefined): Embeddings => ({
  projections: [...projections],
  ...(predictions && { predictions: [...predictions] }),
  ...(targets && { targets }),
  ...(features && { features: [...features] }),
});

/** The chunks' outputs one below the other, for each view. */
export const joined = (parts: readonly Embeddings[]): Embeddings => {
  const below = (side: keyof Embeddings): Tensor2D[] | undefined =>
    parts[0]?.[side]?.map((_, view) => concat(parts.map((part) => part[side]![view]!), 0));
  const [predictions, targets, features] = [below('predictions'), below('targets'), below('features')];
  return { projections: below('projections')!, ...(predictions && { predictions }), ...(targets && { targets }), ...(features && { features }) };
};

/** The tensors that gradient flows into: projections, then predictions. */
export const trainedOf = ({ projections, predictions = [] }: Forward): Tensor[] => [...projections, ...predictions];

/** All tensors of a chunk. */
export const tensorsOf = (outputs: Forward & Pick<StepOutputs, 'targets'>): Tensor[] => [...trainedOf(outputs), ...(outputs.targets ?? []), ...(outputs.features ?? [])];
