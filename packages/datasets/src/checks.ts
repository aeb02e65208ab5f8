/** Checks that several datasets share. */
import { ArgumentError } from '@kindred/core';

/** @throws ArgumentError unless every index is a whole number of 0..size−1. */
export function checkIndices(where: string, indices: ArrayLike<number>, size: number): void {
  for (let position = 0; position < indices.length; position++) {
    const index = indices[position]!;
    if (!(Number.isInteger(index) && index >= 0 && index < size)) {
      throw new ArgumentError(`${where}[${position}]`, `a whole number of 0..${size - 1}`, index);
    }
  }
}

/** @throws ArgumentError unless `shape` is `[H, W, C]` with C of 1 or more. */
export function checkImageShape(where: string, shape: readonly number[]): void {
  if (!(shape.length === 3 && shape.every((length) => Number.isSafeInteger(length) && length >= 1))) {
    throw new ArgumentError(where, '[height, width, channels], each at least 1', shape);
  }
}
