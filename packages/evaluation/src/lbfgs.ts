/** L-BFGS: minimises a smooth function of many numbers from its gradients. */
import { lineSearch } from './line-search.js';

/** A function's value and gradient at a point. */
export interface Evaluation {
  readonly value: number;
  readonly gradient: Float64Array;
}

export interface LbfgsOptions {
  readonly start: Float64Array;
  evaluate(x: Float64Array): Promise<Evaluation>;
  readonly maximumIterations: number;
  /** The search ends once no entry of the gradient is larger. */
  readonly tolerance: number;
  /** The relative error of a value: 0 for exact arithmetic. */
  readonly noise: number;
  /** An approximation of the inverse Hessian times a gradient, where there is a better one than a multiple of the gradient. */
  precondition?(gradient: Float64Array): Promise<Float64Array>;
  /** Called after every iteration; what it throws ends the search. */
  onIteration?(iteration: number, value: number, largestGradient: number): void | Promise<void>;
}

export interface Minimum extends Evaluation {
  readonly x: Float64Array;
  readonly iterations: number;
  /** Whether the tolerance was met. */
  readonly converged: boolean;
}

/** Steps remembered: scipy's and scikit-learn's number too. */
const memory = 10;

/** A step taken, and how the gradient changed over it. */
interface Correction {
  readonly s: Float64Array;
  readonly y: Float64Array;
  /** s·y, above 0. */
  readonly sy: number;
  /** y, preconditioned. */
  readonly hy: Float64Array;
}

/**
 * Minimises by L-BFGS with the two-loop recursion. Ends at the tolerance, after `maximumIterations`, or when no step
 * along the direction of steepest descent still decreases the value.
 *
 * @see Nocedal & Wright 2006, "Numerical optimization", algorithms 7.4 and 7.5
 */
export async function lbfgs(options: LbfgsOptions): Promise<Minimum> {
  const { evaluate, maximumIterations, tolerance, noise, onIteration } = options;
  let { precondition } = options;
  let corrections: Correction[] = [];
  let x = options.start;
  let now = await evaluate(x);
  let iterations = 0;
  while (largest(now.gradient) > tolerance && iterations < maximumIterations) {
    const direction = await descent(now.gradient, corrections, precondition);
    const slope = dot(direction, now.gradient);
    if (precondition !== undefined && !(slope < 0)) {
      precondition = undefined; // not positive definite
      corrections = [];
      continue;
    }
    const first = corrections.length > 0 || precondition !== undefined ? 1 : 1 / Math.sqrt(dot(now.gradient, now.gradient));
    const found = await lineSearch(
      { value: now.value, slope },
      async (step) => {
        const at = x.map((value, i) => value + step * direction[i]!);
        const there = await evaluate(at);
        return { ...there, at, slope: dot(there.gradient, direction) };
      },
      first,
      noise * Math.abs(now.value),
    );
    if (found === undefined) {
      if (corrections.length === 0 && precondition === undefined) break;
      corrections = []; // once more, down the gradient itself
      precondition = undefined;
      continue;
    }
    const { at, value, gradient } = found.point;
    const s = at.map((to, i) => to - x[i]!);
    const y = gradient.map((to, i) => to - now.gradient[i]!);
    const sy = dot(s, y);
    if (sy > 0) corrections = [...corrections.slice(1 - memory), { s, y, sy, hy: (await precondition?.(y)) ?? y }];
    [x, now] = [at, { value, gradient }];
    iterations++;
    await onIteration?.(iterations, value, largest(gradient));
  }
  return { x, ...now, iterations, converged: largest(now.gradient) <= tolerance };
}

/** Minus the gradient times the inverse Hessian that the corrections approximate, starting from that of `precondition`. */
async function descent(gradient: Float64Array, corrections: readonly Correction[], precondition: LbfgsOptions['precondition']): Promise<Float64Array> {
  let direction: Float64Array = gradient.map((value) => -value);
  const shares: number[] = [];
  for (const { s, y, sy } of corrections.toReversed()) {
    const share = dot(s, direction) / sy;
    shares.unshift(share);
    addScaled(direction, y, -share);
  }
  const last = corrections.at(-1);
  if (precondition !== undefined) direction = await precondition(direction);
  if (last !== undefined) scale(direction, last.sy / dot(last.y, last.hy));
  corrections.forEach(({ s, y, sy }, i) => addScaled(direction, s, shares[i]! - dot(y, direction) / sy));
  return direction;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function addScaled(to: Float64Array, x: Float64Array, factor: number): void {
  for (let i = 0; i < to.length; i++) to[i]! += factor * x[i]!;
}

function scale(x: Float64Array, factor: number): void {
  for (let i = 0; i < x.length; i++) x[i]! *= factor;
}

/** The largest magnitude; NaN if there is one. */
function largest(x: Float64Array): number {
  let most = 0;
  for (let i = 0; i < x.length; i++) {
    const size = Math.abs(x[i]!);
    if (!(size <= most)) most = size;
  }
  return most;
}
