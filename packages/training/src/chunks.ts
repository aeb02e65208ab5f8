/** A batch in chunks of rows: their slices, their outputs, their gradients, and the moving statistics over them. */
import { ArgumentError, flattenParameters } from '@kindred/core';
import type { Forward, Method } from '@kindred/methods';
import { add, cast, clone, concat, dispose, div, slice, type Tensor, type Tensor2D, tidy, type Variable } from '@tensorflow/tfjs-core';

/** @throws ArgumentError for chunks that do not make up a batch, or `accumulate` without them */
export function checkChunks(where: string, batchSize: number, chunkSize: number | undefined, accumulate: boolean | undefined): void {
  if (chunkSize === undefined) {
    if (accumulate !== true) return;
    throw new ArgumentError(`${where}.accumulate`, 'false without chunkSize', accumulate, 'Give chunkSize, the images of a chunk.');
  }
  if (!Number.isSafeInteger(chunkSize) || chunkSize < 1 || batchSize % chunkSize !== 0) {
    throw new ArgumentError(`${where}.chunkSize`, `a divisor of the batch of ${batchSize} images`, chunkSize);
  }
}

/** Rows `index · size` to `(index + 1) · size` of each tensor. */
export const rowsOf = <T extends Tensor>(tensors: readonly T[], index: number, size: number): T[] =>
  tensors.map((tensor) => slice(tensor, index * size, size));

/** What the networks make of a chunk, one tensor a view. An alias: tidy takes no interface. */
export type Embeddings = { projections: Tensor2D[]; predictions?: Tensor2D[]; targets?: Tensor2D[] };

/** A chunk's outputs, as lists of their own. */
export const embeddingsOf = ({ projections, predictions }: Forward, targets: Tensor2D[] | undefined): Embeddings => ({
  projections: [...projections],
  ...(predictions && { predictions: [...predictions] }),
  ...(targets && { targets }),
});

/** The chunks' outputs one below the other, for each view. */
export const joined = (parts: readonly Embeddings[]): Embeddings => {
  const below = (side: keyof Embeddings): Tensor2D[] | undefined =>
    parts[0]?.[side]?.map((_, view) => concat(parts.map((part) => part[side]![view]!), 0));
  const [projections, predictions, targets] = [below('projections')!, below('predictions'), below('targets')];
  return { projections, ...(predictions && { predictions }), ...(targets && { targets }) };
};

/** What gradient flows into: projections, then predictions. */
export const trainedOf = ({ projections, predictions = [] }: Forward): Tensor[] => [...projections, ...predictions];

/** All tensors of a chunk. */
export const tensorsOf = (embeddings: Embeddings): Tensor[] => [...trainedOf(embeddings), ...(embeddings.targets ?? [])];

/** Adds gradients to their sums; a variable without gradient stays without. Those that came stay the caller's. */
export function addGradients(sums: (Tensor | undefined)[], gradients: readonly (Tensor | null | undefined)[]): void {
  gradients.forEach((gradient, i) => {
    if (gradient == null) return;
    const before = sums[i];
    sums[i] = before === undefined ? clone(gradient) : add(before, gradient);
    before?.dispose();
  });
}

/** Those that are there. */
export const existing = (tensors: readonly (Tensor | null | undefined)[]): Tensor[] => tensors.filter((tensor) => tensor != null);

/** By the variables' tfjs names, those without a gradient left out. */
export const byVariable = (variables: readonly Variable[], gradients: readonly (Tensor | undefined)[]): Record<string, Tensor> =>
  Object.fromEntries(variables.flatMap(({ name }, i) => (gradients[i] === undefined ? [] : [[name, gradients[i]]])));

/** Moving statistics through the chunks of a step. */
export interface MovingStatistics {
  /** Runs a chunk from where the step started. `counted`: its movement belongs to the step's. */
  during<T>(counted: boolean, chunk: () => T): T;
  /** Ends the step: the statistics move to the mean of where the counted chunks moved them. */
  settle(): void;
  /** Frees what was remembered; without `settle` before, the statistics are as the step found them. */
  end(): void;
}

/**
 * Those of the networks and of the momentum encoder. Every chunk starts from the statistics that the step found, in its first pass and in its second, so that both see the
 * same, and the step ends at the mean of where the chunks arrived. For a moving average that is one movement towards the
 * chunks' mean, whatever their number; one movement after the other would forget as often faster as there are chunks.
 */
export function movingStatistics(method: Method): MovingStatistics {
  const variables = [method.buffers(), method.targetBuffers?.() ?? {}].flatMap((tree) => Object.values(flattenParameters(tree)));
  const found = variables.map((variable) => clone(variable as Tensor));
  let sums: Tensor[] = [];
  let count = 0;
  let settled = false;
  const rewind = (): void => variables.forEach((variable, i) => variable.assign(found[i]!));
  return {
    during(counted, chunk) {
      rewind();
      const result = chunk();
      if (counted) {
        const before = sums;
        sums = variables.map((variable, i) => (before.length === 0 ? clone(variable as Tensor) : tidy(() => add(before[i]!, variable))));
        dispose(before);
        count++;
      }
      return result;
    },
    settle() {
      // in float32 also where they are whole (a count of steps): div of int32 would round down before the cast
      tidy(() => variables.forEach((variable, i) => variable.assign(cast(div(cast(sums[i]!, 'float32'), count), variable.dtype))));
      settled = true;
    },
    end() {
      if (!settled) rewind();
      dispose([...found, ...sums]);
    },
  };
}
