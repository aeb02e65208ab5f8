/** A generator for weights that are replaced or never looked at: always the same number, at no cost. */
import { random, type Random } from '@kindred/core';

export const still: Random = { ...random(1), fork: () => still, uint32: () => 1, uniform: () => 0 };
