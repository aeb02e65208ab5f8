/** How far to go along a direction: the weak Wolfe conditions, by bracketing. */

/** A function along a line: its value, and its slope. */
export interface LinePoint {
  readonly value: number;
  readonly slope: number;
}

/** Sufficient decrease, and how much of the slope may remain: Nocedal & Wright's values for quasi-Newton methods. */
const [decrease, curvature] = [1e-4, 0.9];

/**
 * A step t > 0 with `φ(t) ≤ φ(0) + 10⁻⁴·t·φ′(0)` and `φ′(t) ≥ 0.9·φ′(0)`: the value falls enough, and the slope rises
 * enough for L-BFGS's `s·y > 0`. Where the change in value drowns in `noise`, the slope alone must show the decrease
 * (the approximate Wolfe condition of Hager & Zhang 2005).
 *
 * @param origin φ(0), its slope below 0.
 * @param evaluate φ(t).
 * @param first The step to try first.
 * @param noise The absolute error of a value: 0 for exact arithmetic.
 * @returns The point and its step; undefined if 30 evaluations found none.
 *
 * @see Lewis & Overton 2013, "Nonsmooth optimization via quasi-Newton methods", section 2.4
 */
export async function lineSearch<Point extends LinePoint>(
  origin: LinePoint,
  evaluate: (step: number) => Promise<Point>,
  first: number,
  noise: number,
): Promise<{ step: number; point: Point } | undefined> {
  let low: LinePoint & { step: number } = { ...origin, step: 0 };
  let high: (LinePoint & { step: number }) | undefined;
  let step = first;
  for (let attempt = 0; attempt < 30; attempt++) {
    const point = await evaluate(step);
    const { value, slope } = point;
    const falls =
      value <= origin.value + decrease * step * origin.slope ||
      (value <= origin.value + noise && slope <= (2 * decrease - 1) * origin.slope);
    if (!falls || !Number.isFinite(slope)) high = { value, slope, step };
    else if (slope < curvature * origin.slope) low = { value, slope, step };
    else return { step, point };
    step = high === undefined ? 2 * low.step : between(low, high);
  }
  return undefined;
}

/** The minimum of the cubic through both ends, kept off them by a tenth; the middle if it has none. */
function between(low: LinePoint & { step: number }, high: LinePoint & { step: number }): number {
  const width = high.step - low.step;
  const d1 = low.slope + high.slope - (3 * (high.value - low.value)) / width;
  const d2 = Math.sqrt(d1 * d1 - low.slope * high.slope);
  const share = 1 - (high.slope + d2 - d1) / (high.slope - low.slope + 2 * d2);
  return low.step + width * (Number.isFinite(share) ? Math.min(Math.max(share, 0.1), 0.9) : 0.5);
}
