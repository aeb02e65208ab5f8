/** Gradients of the variables, added up over the parts of a step. */
import { add, clone, keep, mul, type Tensor, tidy } from '@tensorflow/tfjs-core';

/** Sums of gradients; a variable for which no part has a gradient has no sum. */
export interface GradientSums {
  /** Adds `scale` times the gradients of a part. They stay the caller's. */
  add(gradients: readonly (Tensor | null | undefined)[], scale?: number): void;
  /** The sums, one for each variable. They are freed by `dispose`. */
  values(): readonly (Tensor | undefined)[];
  dispose(): void;
}

/** Those that exist. */
export const existing = (tensors: readonly (Tensor | null | undefined)[]): Tensor[] => tensors.filter((tensor) => tensor != null);

export function gradientSums(): GradientSums {
  const sums: (Tensor | undefined)[] = [];
  let length = 0;
  return {
    add(gradients, scale = 1) {
      length = Math.max(length, gradients.length);
      gradients.forEach((gradient, i) => {
        if (gradient == null) return;
        const before = sums[i];
        const part = (): Tensor => (scale === 1 ? gradient : mul(gradient, scale));
        sums[i] = keep(tidy(() => (before === undefined ? clone(part()) : add(before, part()))));
        before?.dispose();
      });
    },
    values: () => Array.from({ length }, (_, i) => sums[i]),
    dispose: () => existing(sums).forEach((sum) => sum.dispose()),
  };
}
