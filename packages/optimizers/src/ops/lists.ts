/** Operations over all parameters at once: lists of tensors as named inputs. */
import type { NamedTensorMap, Tensor } from '@tensorflow/tfjs-core';

/** Lists by name to single names: `{ gradient: [a, b] }` is `{ 'gradient.0': a, 'gradient.1': b }`. */
export function spread(lists: Readonly<Record<string, readonly Tensor[]>>): NamedTensorMap {
  return Object.fromEntries(
    Object.entries(lists).flatMap(([name, list]) => list.map((entry, i) => [`${name}.${i}`, entry] as const)),
  );
}
