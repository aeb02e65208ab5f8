/** Formats numbers, durations and names for readers. */

/** Four significant digits: `0.0123`, `5.432`, `1,234`, `1.2e-7`. */
export function number(value: number): string {
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString('en');
  if (size !== 0 && size < 1e-3) return value.toExponential(1).replace('e-', 'e−');
  return `${Number(value.toPrecision(size < 1 || size >= 100 ? 3 : 4))}`.replace('-', '−');
}

/** The deviation of a number, with as many decimals as the number: `0.006` for `1.563`. */
export function deviationOf(mean: number, deviation: number): string {
  const digits = /^−?[\d,]+(?:\.(\d+))?$/.exec(number(mean));
  return digits === null ? number(deviation) : deviation.toFixed(digits[1]?.length ?? 0);
}

/** A share of 0..1 as percent with one digit: `84.9`. */
export const percent = (share: number): string => (100 * share).toFixed(1);

/** `45 s`, `8.2 min`, `3 h 5 min`. */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${(seconds / 60).toFixed(1)} min`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A name of code as words: `effectiveRank` is `Effective rank`. */
export function words(name: string): string {
  const spaced = name.replaceAll(/[_.-]+/g, ' ').replaceAll(/([a-z\d])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`);
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

/** Rounds to a number of significant digits, for short JSON. */
export const rounded = (value: number, digits = 5): number => Number(value.toPrecision(digits));

/** Mean and deviation (n − 1) of some numbers; the deviation of one is 0. */
export function summary(values: readonly number[]): { readonly mean: number; readonly deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1)) };
}
