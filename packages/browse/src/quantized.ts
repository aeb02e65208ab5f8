/** Rows as bytes. */

/**
 * Scales each row so that its largest value is ±127, and rounds. Directions are accurate to about 0.3° in a quarter of the bytes.
 *
 * @param values `[N, D]`, row-major.
 */
export function quantized(values: Float32Array, dimension: number): Int8Array {
  const bytes = new Int8Array(values.length);
  for (let start = 0; start < values.length; start += dimension) {
    let most = 0;
    for (let d = start; d < start + dimension; d++) most = Math.max(most, Math.abs(values[d]!));
    const scale = most === 0 ? 0 : 127 / most;
    for (let d = start; d < start + dimension; d++) bytes[d] = Math.round(values[d]! * scale);
  }
  return bytes;
}
