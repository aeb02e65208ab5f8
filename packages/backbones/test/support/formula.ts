/** The numbers that golden/resnets.py makes from names alone, so that weights need not be stored. */

/** Numbers of [−1, 1): the index and the name's FNV-1a hash through the finaliser of MurmurHash3. */
export function noise(name: string, size: number): Float64Array {
  let seed = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) seed = Math.imul(seed ^ name.charCodeAt(i), 0x01000193);
  const values = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    let x = (Math.imul(i, 0x9e3779b9) + seed) >>> 0;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    values[i] = ((x ^ (x >>> 16)) >>> 0) / 2 ** 31 - 1;
  }
  return values;
}

/** A value of a torchvision state dict, in PyTorch's layout. */
export function formula(name: string, shape: readonly number[]): Float32Array {
  const u = noise(name, shape.reduce((product, length) => product * length, 1));
  let [start, factor] = [0, 0.1];
  if (shape.length === 4) factor = Math.sqrt(6 / (shape[0]! * shape[2]! * shape[3]!));
  else if (name.endsWith('running_var')) [start, factor] = [1, 0.5];
  else if (name.endsWith('weight')) [start, factor] = [1, 0.25];
  const share = name.endsWith('bn3.weight') ? 0.25 : 1;
  const values = new Float32Array(u.length);
  for (let i = 0; i < u.length; i++) values[i] = share * (start + factor * u[i]!);
  return values;
}

/** Σ value · noise, which depends on every entry's value and place; and the length of the value. */
export function fingerprint(name: string, values: ArrayLike<number>): [dot: number, norm: number] {
  const probe = noise(`probe.${name}`, values.length);
  let dot = 0;
  let square = 0;
  for (let i = 0; i < values.length; i++) {
    dot += values[i]! * probe[i]!;
    square += values[i]! ** 2;
  }
  return [dot, Math.sqrt(square)];
}

/** ‖a − b‖ / ‖b‖. */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  let difference = 0;
  let length = 0;
  for (let i = 0; i < b.length; i++) {
    difference += (a[i]! - b[i]!) ** 2;
    length += b[i]! ** 2;
  }
  return Math.sqrt(difference / length);
}
