/**
 * Kernels on images, four numbers at a time (WebAssembly SIMD), in AssemblyScript: `npm run wasm` makes
 * ../src/pixel-kernels.ts of it. Nothing is kept between calls; who calls places everything in memory.
 *
 * An image is planes of float32, one for each channel. A row of a plane is padded to a multiple of 4 numbers (`stride`), a
 * plane to a multiple of 4 rows, and what is in the padding counts for nothing. Addresses are in bytes and multiples of 16;
 * at least 64 bytes may be read past the end of anything.
 */

/** Pixels `[height, width, 3]` to three planes: bytes, divided by 255. */
export function planesOfBytes(from: usize, width: i32, height: i32, to: usize, stride: i32, plane: i32): void {
  const most = f32x4.splat(255);
  const none: i8 = -1;
  const red = i8x16(0, none, none, none, 3, none, none, none, 6, none, none, none, 9, none, none, none);
  const green = i8x16(1, none, none, none, 4, none, none, none, 7, none, none, none, 10, none, none, none);
  const blue = i8x16(2, none, none, none, 5, none, none, none, 8, none, none, none, 11, none, none, none);
  const bytes = <usize>plane * 4;
  for (let y = 0; y < height; y++) {
    let source = from + <usize>(y * width * 3);
    let target = to + <usize>(y * stride * 4);
    for (let x = 0; x < stride; x += 4) {
      const twelve = v128.load(source);
      v128.store(target, f32x4.div(f32x4.convert_i32x4_s(i8x16.swizzle(twelve, red)), most));
      v128.store(target + bytes, f32x4.div(f32x4.convert_i32x4_s(i8x16.swizzle(twelve, green)), most));
      v128.store(target + 2 * bytes, f32x4.div(f32x4.convert_i32x4_s(i8x16.swizzle(twelve, blue)), most));
      source += 12;
      target += 16;
    }
  }
}

/** Pixels `[height, width, 3]` to three planes: float32. */
export function planesOfFloats(from: usize, width: i32, height: i32, to: usize, stride: i32, plane: i32): void {
  const bytes = <usize>plane * 4;
  for (let y = 0; y < height; y++) {
    let source = from + <usize>(y * width * 12);
    let target = to + <usize>(y * stride * 4);
    for (let x = 0; x < stride; x += 4) {
      const a = v128.load(source); // r g b r
      const b = v128.load(source, 16); // g b r g
      const c = v128.load(source, 32); // b r g b
      v128.store(target, v128.shuffle<f32>(v128.shuffle<f32>(a, b, 0, 3, 6, 0), c, 0, 1, 2, 5));
      v128.store(target + bytes, v128.shuffle<f32>(v128.shuffle<f32>(a, b, 1, 4, 7, 0), c, 0, 1, 2, 6));
      v128.store(target + 2 * bytes, v128.shuffle<f32>(v128.shuffle<f32>(a, b, 2, 5, 0, 0), c, 0, 1, 4, 7));
      source += 48;
      target += 16;
    }
  }
}

/** Three planes to pixels `[height, width, 3]`. Writes up to 36 bytes past the last. */
export function pixelsOfPlanes(from: usize, stride: i32, plane: i32, to: usize, width: i32, height: i32): void {
  const bytes = <usize>plane * 4;
  for (let y = 0; y < height; y++) {
    let source = from + <usize>(y * stride * 4);
    let target = to + <usize>(y * width * 12);
    for (let x = 0; x < stride; x += 4) {
      interleave(target, v128.load(source), v128.load(source + bytes), v128.load(source + 2 * bytes));
      source += 16;
      target += 48;
    }
  }
}

/** Three planes with rows and columns exchanged to pixels `[height, width, 3]`; `width` is a multiple of 4. */
export function pixelsOfTurnedPlanes(from: usize, stride: i32, plane: i32, to: usize, width: i32, height: i32): void {
  const bytes = <usize>plane * 4;
  const down = <usize>stride * 4;
  const across = <usize>width * 12;
  for (let y = 0; y < height; y += 4) {
    const count = min(4, height - y);
    for (let x = 0; x < width; x += 4) {
      const source = from + <usize>x * down + <usize>y * 4;
      const target = to + <usize>y * across + <usize>x * 12;
      const r0 = v128.load(source);
      const r1 = v128.load(source + down);
      const r2 = v128.load(source + 2 * down);
      const r3 = v128.load(source + 3 * down);
      const g0 = v128.load(source + bytes);
      const g1 = v128.load(source + bytes + down);
      const g2 = v128.load(source + bytes + 2 * down);
      const g3 = v128.load(source + bytes + 3 * down);
      const b0 = v128.load(source + 2 * bytes);
      const b1 = v128.load(source + 2 * bytes + down);
      const b2 = v128.load(source + 2 * bytes + 2 * down);
      const b3 = v128.load(source + 2 * bytes + 3 * down);
      const rLow = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
      const rLow2 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
      const rHigh = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
      const rHigh2 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
      const gLow = v128.shuffle<f32>(g0, g1, 0, 4, 1, 5);
      const gLow2 = v128.shuffle<f32>(g2, g3, 0, 4, 1, 5);
      const gHigh = v128.shuffle<f32>(g0, g1, 2, 6, 3, 7);
      const gHigh2 = v128.shuffle<f32>(g2, g3, 2, 6, 3, 7);
      const bLow = v128.shuffle<f32>(b0, b1, 0, 4, 1, 5);
      const bLow2 = v128.shuffle<f32>(b2, b3, 0, 4, 1, 5);
      const bHigh = v128.shuffle<f32>(b0, b1, 2, 6, 3, 7);
      const bHigh2 = v128.shuffle<f32>(b2, b3, 2, 6, 3, 7);
      interleave(target, v128.shuffle<f32>(rLow, rLow2, 0, 1, 4, 5), v128.shuffle<f32>(gLow, gLow2, 0, 1, 4, 5), v128.shuffle<f32>(bLow, bLow2, 0, 1, 4, 5));
      if (count > 1) interleave(target + across, v128.shuffle<f32>(rLow, rLow2, 2, 3, 6, 7), v128.shuffle<f32>(gLow, gLow2, 2, 3, 6, 7), v128.shuffle<f32>(bLow, bLow2, 2, 3, 6, 7));
      if (count > 2) interleave(target + 2 * across, v128.shuffle<f32>(rHigh, rHigh2, 0, 1, 4, 5), v128.shuffle<f32>(gHigh, gHigh2, 0, 1, 4, 5), v128.shuffle<f32>(bHigh, bHigh2, 0, 1, 4, 5));
      if (count > 3) interleave(target + 3 * across, v128.shuffle<f32>(rHigh, rHigh2, 2, 3, 6, 7), v128.shuffle<f32>(gHigh, gHigh2, 2, 3, 6, 7), v128.shuffle<f32>(bHigh, bHigh2, 2, 3, 6, 7));
    }
  }
}

/** Writes four pixels. */
function interleave(target: usize, r: v128, g: v128, b: v128): void {
  const rg = v128.shuffle<f32>(r, g, 0, 4, 1, 5);
  const rgHigh = v128.shuffle<f32>(r, g, 2, 6, 3, 7);
  v128.store(target, v128.shuffle<f32>(v128.shuffle<f32>(rg, b, 0, 1, 4, 0), rg, 0, 1, 2, 6));
  v128.store(target, v128.shuffle<f32>(v128.shuffle<f32>(rg, b, 3, 5, 0, 0), rgHigh, 0, 1, 4, 5), 16);
  v128.store(target, v128.shuffle<f32>(v128.shuffle<f32>(b, rgHigh, 2, 6, 7, 3), b, 0, 1, 2, 3), 32);
}

/** A plane with rows and columns exchanged. `rows` and `columns` are of the plane given. */
export function transpose(from: usize, stride: i32, rows: i32, columns: i32, to: usize, toStride: i32): void {
  const down = <usize>stride * 4;
  const across = <usize>toStride * 4;
  for (let y = 0; y < rows; y += 4) {
    for (let x = 0; x < columns; x += 4) {
      const source = from + <usize>(y * stride + x) * 4;
      const target = to + <usize>(x * toStride + y) * 4;
      const a = v128.load(source);
      const b = v128.load(source + down);
      const c = v128.load(source + 2 * down);
      const d = v128.load(source + 3 * down);
      const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
      const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
      const abHigh = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
      const cdHigh = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
      v128.store(target, v128.shuffle<f32>(ab, cd, 0, 1, 4, 5));
      v128.store(target + across, v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
      v128.store(target + 2 * across, v128.shuffle<f32>(abHigh, cdHigh, 0, 1, 4, 5));
      v128.store(target + 3 * across, v128.shuffle<f32>(abHigh, cdHigh, 2, 3, 6, 7));
    }
  }
}

/**
 * Each row of `to` as a weighted sum of rows of `from`, cut to 0..1 where `cut`: row i of `taps` weights is for the rows from
 * `starts[i]` on.
 */
export function combineRows(from: usize, stride: i32, to: usize, rows: i32, starts: usize, weights: usize, taps: i32, cut: bool): void {
  // without a cut, what no number passes
  const most = f32x4.splat(cut ? 1 : f32.MAX_VALUE);
  const least = f32x4.splat(cut ? 0 : -f32.MAX_VALUE);
  const down = <usize>stride * 4;
  for (let y = 0; y < rows; y++) {
    const first = from + <usize>load<i32>(starts + <usize>y * 4) * down;
    const own = weights + <usize>(y * taps) * 4;
    const target = to + <usize>y * down;
    let x: usize = 0;
    for (; x + 64 <= down; x += 64) {
      let a = f32x4.splat(0);
      let b = f32x4.splat(0);
      let c = f32x4.splat(0);
      let d = f32x4.splat(0);
      let source = first + x;
      for (let k = 0; k < taps; k++) {
        const weight = v128.load32_splat(own + <usize>k * 4);
        a = f32x4.add(a, f32x4.mul(weight, v128.load(source)));
        b = f32x4.add(b, f32x4.mul(weight, v128.load(source, 16)));
        c = f32x4.add(c, f32x4.mul(weight, v128.load(source, 32)));
        d = f32x4.add(d, f32x4.mul(weight, v128.load(source, 48)));
        source += down;
      }
      v128.store(target + x, f32x4.pmin(most, f32x4.pmax(least, a)));
      v128.store(target + x, f32x4.pmin(most, f32x4.pmax(least, b)), 16);
      v128.store(target + x, f32x4.pmin(most, f32x4.pmax(least, c)), 32);
      v128.store(target + x, f32x4.pmin(most, f32x4.pmax(least, d)), 48);
    }
    for (; x < down; x += 16) {
      let a = f32x4.splat(0);
      let source = first + x;
      for (let k = 0; k < taps; k++) {
        a = f32x4.add(a, f32x4.mul(v128.load32_splat(own + <usize>k * 4), v128.load(source)));
        source += down;
      }
      v128.store(target + x, f32x4.pmin(most, f32x4.pmax(least, a)));
    }
  }
}

/** The sum of a plane without its padding. */
export function sum(at: usize, stride: i32, width: i32, height: i32): f64 {
  let total: f64 = 0;
  const whole = width & ~3;
  for (let y = 0; y < height; y++) {
    const row = at + <usize>(y * stride) * 4;
    let part = f32x4.splat(0);
    for (let x = 0; x < whole; x += 4) part = f32x4.add(part, v128.load(row + <usize>x * 4));
    total += <f64>f32x4.extract_lane(part, 0) + <f64>f32x4.extract_lane(part, 1);
    total += <f64>f32x4.extract_lane(part, 2) + <f64>f32x4.extract_lane(part, 3);
    for (let x = whole; x < width; x++) total += <f64>load<f32>(row + <usize>x * 4);
  }
  return total;
}

/** `x · factor + shift`, cut to 0..1 where `cut`. */
export function scale(at: usize, count: i32, factor: f32, shift: f32, cut: bool): void {
  const by = f32x4.splat(factor);
  const add = f32x4.splat(shift);
  const one = f32x4.splat(1);
  const zero = f32x4.splat(0);
  for (let end = at + <usize>count * 4; at < end; at += 16) {
    let value = f32x4.add(f32x4.mul(v128.load(at), by), add);
    if (cut) value = f32x4.pmin(one, f32x4.pmax(zero, value));
    v128.store(at, value);
  }
}

/**
 * `own · x + gray · grey(x) + shift` of three planes, a shift for each, cut to 0..1 where `cut`.
 */
export function blend(
  at: usize, plane: i32, own: f32, gray: f32, red: f32, green: f32, blue: f32, shiftR: f32, shiftG: f32, shiftB: f32, cut: bool,
): void {
  const bytes = <usize>plane * 4;
  const by = f32x4.splat(own);
  const byRed = f32x4.splat(gray * red);
  const byGreen = f32x4.splat(gray * green);
  const byBlue = f32x4.splat(gray * blue);
  const addR = f32x4.splat(shiftR);
  const addG = f32x4.splat(shiftG);
  const addB = f32x4.splat(shiftB);
  const one = f32x4.splat(1);
  const zero = f32x4.splat(0);
  for (let end = at + bytes; at < end; at += 16) {
    const r = v128.load(at);
    const g = v128.load(at + bytes);
    const b = v128.load(at + 2 * bytes);
    const common = f32x4.add(f32x4.add(f32x4.mul(r, byRed), f32x4.mul(g, byGreen)), f32x4.mul(b, byBlue));
    let newR = f32x4.add(f32x4.add(f32x4.mul(r, by), common), addR);
    let newG = f32x4.add(f32x4.add(f32x4.mul(g, by), common), addG);
    let newB = f32x4.add(f32x4.add(f32x4.mul(b, by), common), addB);
    if (cut) {
      newR = f32x4.pmin(one, f32x4.pmax(zero, newR));
      newG = f32x4.pmin(one, f32x4.pmax(zero, newG));
      newB = f32x4.pmin(one, f32x4.pmax(zero, newB));
    }
    v128.store(at, newR);
    v128.store(at + bytes, newG);
    v128.store(at + 2 * bytes, newB);
  }
}

/**
 * Hue turned and saturation multiplied, up to 1; value as it is. With V the largest and m the smallest channel, c = V − m
 * and the hue h in sixths of a turn, a channel is m + c · t, where t rises and falls along h: clip(|h − 3| − 1),
 * clip(2 − |h − 2|), clip(2 − |h − 4|).
 */
export function changeHsv(at: usize, plane: i32, turns: f32, saturation: f32): void {
  const bytes = <usize>plane * 4;
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  const two = f32x4.splat(2);
  const three = f32x4.splat(3);
  const four = f32x4.splat(4);
  const six = f32x4.splat(6);
  const sixth = f32x4.splat(<f32>(1.0 / 6.0));
  const tiny = f32x4.splat(<f32>1e-20);
  const shift = f32x4.splat(6 * turns);
  const factor = f32x4.splat(saturation);
  for (let end = at + bytes; at < end; at += 16) {
    const r = v128.load(at);
    const g = v128.load(at + bytes);
    const b = v128.load(at + 2 * bytes);
    const high = f32x4.pmax(f32x4.pmax(r, g), b);
    const chroma = f32x4.sub(high, f32x4.pmin(f32x4.pmin(r, g), b));
    const inverse = f32x4.div(one, f32x4.pmax(tiny, chroma));
    // grey has chroma 0 and any hue
    const ofRed = f32x4.mul(f32x4.sub(g, b), inverse);
    const ofGreen = f32x4.add(f32x4.mul(f32x4.sub(b, r), inverse), two);
    const ofBlue = f32x4.add(f32x4.mul(f32x4.sub(r, g), inverse), four);
    let hue = v128.bitselect(ofGreen, ofBlue, f32x4.eq(high, g));
    hue = f32x4.add(v128.bitselect(ofRed, hue, f32x4.eq(high, r)), shift);
    hue = f32x4.sub(hue, f32x4.mul(f32x4.floor(f32x4.mul(hue, sixth)), six));
    const after = f32x4.pmin(high, f32x4.mul(chroma, factor));
    const low = f32x4.sub(high, after);
    const riseR = f32x4.sub(f32x4.abs(f32x4.sub(hue, three)), one);
    const riseG = f32x4.sub(two, f32x4.abs(f32x4.sub(hue, two)));
    const riseB = f32x4.sub(two, f32x4.abs(f32x4.sub(hue, four)));
    v128.store(at, f32x4.add(low, f32x4.mul(after, f32x4.pmin(one, f32x4.pmax(zero, riseR)))));
    v128.store(at + bytes, f32x4.add(low, f32x4.mul(after, f32x4.pmin(one, f32x4.pmax(zero, riseG)))));
    v128.store(at + 2 * bytes, f32x4.add(low, f32x4.mul(after, f32x4.pmin(one, f32x4.pmax(zero, riseB)))));
  }
}

/** `1 − x` where `x ≥ threshold`. */
export function solarize(at: usize, count: i32, threshold: f32): void {
  const limit = f32x4.splat(threshold);
  const one = f32x4.splat(1);
  for (let end = at + <usize>count * 4; at < end; at += 16) {
    const x = v128.load(at);
    v128.store(at, v128.bitselect(f32x4.sub(one, x), x, f32x4.ge(x, limit)));
  }
}

/** The rows of a plane in reversed order. */
export function reverseRows(at: usize, stride: i32, rows: i32): void {
  const down = <usize>stride * 4;
  let low = at;
  let high = at + <usize>(rows - 1) * down;
  while (low < high) {
    for (let x: usize = 0; x < down; x += 16) {
      const a = v128.load(low + x);
      v128.store(low + x, v128.load(high + x));
      v128.store(high + x, a);
    }
    low += down;
    high -= down;
  }
}

/** A plane turned about its centre, counter-clockwise, bilinear; `fill` comes in from outside. */
export function rotate(from: usize, stride: i32, width: i32, height: i32, to: usize, cosine: f64, sine: f64, fill: f32): void {
  const middleX = <f64>(width - 1) / 2;
  const middleY = <f64>(height - 1) / 2;
  for (let row = 0; row < height; row++) {
    const y = <f64>row - middleY;
    for (let column = 0; column < width; column++) {
      const x = <f64>column - middleX;
      const fromX = cosine * x - sine * y + middleX;
      const fromY = sine * x + cosine * y + middleY;
      const left = <i32>Math.floor(fromX);
      const top = <i32>Math.floor(fromY);
      const right = <f32>(fromX - <f64>left);
      const down = <f32>(fromY - <f64>top);
      const a = pixel(from, stride, width, height, left, top, fill);
      const b = pixel(from, stride, width, height, left + 1, top, fill);
      const c = pixel(from, stride, width, height, left, top + 1, fill);
      const d = pixel(from, stride, width, height, left + 1, top + 1, fill);
      const upper = a * (1 - right) + b * right;
      const lower = c * (1 - right) + d * right;
      store<f32>(to + <usize>(row * stride + column) * 4, upper * (1 - down) + lower * down);
    }
  }
}

function pixel(from: usize, stride: i32, width: i32, height: i32, x: i32, y: i32, fill: f32): f32 {
  if (x < 0 || y < 0 || x >= width || y >= height) return fill;
  return load<f32>(from + <usize>(y * stride + x) * 4);
}
