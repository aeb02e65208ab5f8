/** An image in the memory of the kernels, and what can be done with it. */
import type { AxisMap } from './axis-map.js';
import { type ColorChange, grayWeights } from './color-matrices.js';
import type { CropBox, ImageShape } from './images.js';
import type { KernelMemory } from './kernel-memory.js';

/** Where the pixels of an image are: `[H, W, C]` from `offset` on, bytes of 0..255 or numbers of 0..1. */
export interface PixelSource extends ImageShape {
  readonly values: Uint8Array | Float32Array;
  readonly offset: number;
}

/**
 * An image on which operations work one after the other, in place. Colours are for three channels, `scale` for any.
 */
export interface Canvas extends ImageShape {
  /** Leaves a part. Before anything else it costs nothing: only the part is read. */
  cut(box: CropBox): void;
  /** Maps rows and columns, what is absent stays; the result is cut to 0..1 where `cut`. */
  map(maps: { readonly rows?: AxisMap | undefined; readonly columns?: AxisMap | undefined }, cut?: boolean): void;
  /** Exchanges left and right, or top and bottom. */
  flip(axis: 'columns' | 'rows'): void;
  /** Changes colours, as `ColorChange` says; cut to 0..1 where `cut`. One channel is its own grey. */
  blend(change: ColorChange, cut: boolean): void;
  /** Turns the hue of three channels and multiplies their saturation, up to 1. */
  hsv(change: { readonly turns: number; readonly saturation: number }): void;
  /** Takes `x` to `x · factor + shift`, with numbers for each channel. */
  scale(factors: readonly number[], shifts: readonly number[]): void;
  /** Replaces x by 1 − x from `threshold` on. */
  solarize(threshold: number): void;
  /** Fills a part with one value. */
  fill(box: CropBox, value: number): void;
  /** Turns the image about its centre, counter-clockwise, bilinear. */
  rotate(degrees: number, fill: number): void;
}

const [RED, GREEN, BLUE] = grayWeights;
const padded = (count: number): number => (count + 3) & ~3;

const nothing: PixelSource = { values: new Uint8Array(0), offset: 0, height: 0, width: 0, channels: 1 };

/** A canvas, and how an image is put on it in place of the one before. */
export interface ReusableCanvas {
  readonly canvas: Canvas;
  open(source: PixelSource): void;
  /** Writes the pixels, `[H, W, C]`, at an address of the memory; up to 36 bytes after them may change. */
  save(to: number): void;
}

/** Makes a canvas in a memory. One serves a whole batch: to make all of its functions for each image took a third of the time of small ones. */
export function makeCanvas(memory: KernelMemory): ReusableCanvas {
  const { kernels } = memory;
  let source = nothing;
  let channels = 1;
  /** As a person sees it. */
  let [height, width] = [0, 0];
  /** The part that will be read; undefined once it has been. */
  let unread: CropBox | undefined;
  /** Whether rows of planes are columns of the image. */
  let turned = false;
  /** Where the planes are, and what is free for the next. */
  let [here, there]: ['a' | 'b', 'a' | 'b'] = ['a', 'b'];
  let [address, stride, plane] = [0, 0, 0];

  /** Makes room for planes next to the present ones, at `target`; `keep` makes them the image. */
  const target = { address: 0, stride: 0, plane: 0 };
  const room = (rows: number, columns: number): void => {
    target.stride = padded(columns);
    target.plane = target.stride * padded(rows);
    target.address = memory.reserve(there, target.plane * channels * 4);
  };
  const keep = (): void => {
    [here, there] = [there, here];
    ({ address, stride, plane } = target);
  };
  const each = (run: (channel: number) => void): void => {
    for (let c = 0; c < channels; c++) run(c);
  };

  /** Reads the part, if it has not been read. */
  const read = (): void => {
    if (unread === undefined) return;
    const { top, left } = unread;
    const { values, offset, width: across } = source;
    room(height, width);
    unread = undefined;
    const first = offset + (top * across + left) * channels;
    if (channels === 3) {
      const size = values.BYTES_PER_ELEMENT;
      const from = memory.reserve('pixels', height * width * 3 * size);
      const bytes = memory.bytes();
      const all = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      const line = width * 3 * size;
      if (width === across) bytes.set(all.subarray(first * size, first * size + height * line), from);
      else for (let y = 0; y < height; y++) bytes.set(all.subarray((first + y * across * 3) * size, (first + y * across * 3) * size + line), from + y * line);
      (size === 1 ? kernels.planesOfBytes : kernels.planesOfFloats)(from, width, height, target.address, target.stride, target.plane);
    } else {
      const numbers = memory.numbers();
      const most = values instanceof Uint8Array ? 255 : 1;
      each((c) => {
        for (let y = 0; y < height; y++) {
          const to = target.address / 4 + c * target.plane + y * target.stride;
          for (let x = 0; x < width; x++) numbers[to + x] = values[first + (y * across + x) * channels + c]! / most;
        }
      });
    }
    keep();
  };
  const turn = (): void => {
    const [rows, columns] = turned ? [width, height] : [height, width];
    room(columns, rows);
    each((c) => kernels.transpose(address + c * plane * 4, stride, rows, columns, target.address + c * target.plane * 4, target.stride));
    keep();
    turned = !turned;
  };
  /** Maps the rows of planes. */
  const combine = ({ to, taps, starts, weights }: AxisMap, cut: boolean): void => {
    room(to, turned ? height : width);
    const at = memory.reserve('starts', starts.byteLength);
    const by = memory.reserve('weights', weights.byteLength);
    memory.integers().set(starts, at / 4);
    memory.numbers().set(weights, by / 4);
    each((c) => kernels.combineRows(address + c * plane * 4, stride, target.address + c * target.plane * 4, to, at, by, taps, cut));
    keep();
    if (turned) width = to;
    else height = to;
  };
  const meanOf = (channel: number): number => {
    const [rows, columns] = turned ? [width, height] : [height, width];
    return kernels.sum(address + channel * plane * 4, stride, columns, rows) / (height * width);
  };

  const canvas: Canvas = {
    get channels() {
      return channels;
    },
    get height() {
      return height;
    },
    get width() {
      return width;
    },
    cut(box) {
      if (unread === undefined) {
        canvas.map({ rows: part(height, box.top, box.height), columns: part(width, box.left, box.width) });
        return;
      }
      unread = { top: unread.top + box.top, left: unread.left + box.left, height: box.height, width: box.width };
      ({ height, width } = box);
    },
    map({ rows, columns }, cut = false) {
      read();
      // first the one that lies along the rows of the planes as they are; between the two the image is turned once
      const [along, across] = turned ? [columns, rows] : [rows, columns];
      if (along !== undefined) combine(along, cut && across === undefined);
      if (across === undefined) return;
      turn();
      combine(across, cut);
    },
    flip(axis) {
      read();
      if ((axis === 'rows') === turned) turn();
      const rows = turned ? width : height;
      each((c) => kernels.reverseRows(address + c * plane * 4, stride, rows));
    },
    blend({ own, gray, meanGray, meanChannel, shift }, cut) {
      read();
      const means = meanGray === 0 && meanChannel === 0 ? undefined : Array.from({ length: channels }, (_, c) => meanOf(c));
      if (channels === 1) {
        kernels.scale(address, plane, own + gray, shift + (meanGray + meanChannel) * (means?.[0] ?? 0), cut);
        return;
      }
      const common = means === undefined ? shift : shift + meanGray * (RED * means[0]! + GREEN * means[1]! + BLUE * means[2]!);
      const [r, g, b] = means === undefined ? [common, common, common] : means.map((mean) => common + meanChannel * mean);
      if (gray === 0) {
        for (const [c, added] of [r!, g!, b!].entries()) kernels.scale(address + c * plane * 4, plane, own, added, cut);
        return;
      }
      kernels.blend(address, plane, own, gray, RED, GREEN, BLUE, r!, g!, b!, cut);
    },
    hsv({ turns, saturation }) {
      read();
      kernels.changeHsv(address, plane, turns - Math.round(turns), saturation);
    },
    scale(factors, shifts) {
      read();
      each((c) => kernels.scale(address + c * plane * 4, plane, factors[c]!, shifts[c]!, false));
    },
    solarize(threshold) {
      read();
      kernels.solarize(address, plane * channels, threshold);
    },
    fill(box, value) {
      read();
      const { top, left, height: rows, width: columns } = turned ? { top: box.left, left: box.top, height: box.width, width: box.height } : box;
      const numbers = memory.numbers();
      each((c) => {
        for (let y = top; y < top + rows; y++) {
          const start = address / 4 + c * plane + y * stride + left;
          numbers.fill(value, start, start + columns);
        }
      });
    },
    rotate(degrees, fill) {
      read();
      if (turned) turn();
      const angle = (degrees * Math.PI) / 180;
      room(height, width);
      each((c) =>
        kernels.rotate(address + c * plane * 4, stride, width, height, target.address + c * target.plane * 4, Math.cos(angle), Math.sin(angle), fill),
      );
      keep();
    },
  };

  return {
    canvas,
    open(next) {
      source = next;
      ({ height, width, channels } = next);
      unread = { top: 0, left: 0, height, width };
      turned = false;
    },
    save(to) {
      read();
      source = nothing; // a batch must not outlive its use
      if (turned && (channels !== 3 || width % 4 !== 0)) turn();
      if (channels === 3) {
        (turned ? kernels.pixelsOfTurnedPlanes : kernels.pixelsOfPlanes)(address, stride, plane, to, width, height);
        return;
      }
      const numbers = memory.numbers();
      each((c) => {
        for (let y = 0; y < height; y++) {
          const from = address / 4 + c * plane + y * stride;
          for (let x = 0; x < width; x++) numbers[to / 4 + (y * width + x) * channels + c] = numbers[from + x]!;
        }
      });
    },
  };
}

/** The pixels `start`..`start + length − 1` as they are. */
function part(from: number, start: number, length: number): AxisMap | undefined {
  if (start === 0 && length === from) return undefined;
  return { from, to: length, taps: 1, starts: Int32Array.from({ length }, (_, i) => start + i), weights: new Float32Array(length).fill(1) };
}
