/** The steps of a colour jitter as numbers, the same for every way to compute them. */
import { type ColorChange } from './color-matrices.js';

/** A step of `colorJitter`. */
export type JitterStep = 'brightness' | 'contrast' | 'saturation' | 'hue';

/** What `colorJitter` draws for an image. */
export interface JitterRecord {
  /** The steps in the order in which they are applied; none where the image is left as it is. */
  readonly order: readonly JitterStep[];
  /** Factor. */
  readonly brightness: number;
  /** Factor. */
  readonly contrast: number;
  /** Factor. */
  readonly saturation: number;
  /** Shift in turns of the colour circle. */
  readonly hueTurns: number;
}

/** The linear steps, by torchvision's definitions. */
const linear: Record<Exclude<JitterStep, 'hue'>, (record: JitterRecord) => ColorChange> = {
  brightness: (record) => ({ own: record.brightness, gray: 0, mean: 0 }),
  contrast: (record) => ({ own: record.contrast, gray: 0, mean: 1 - record.contrast }),
  saturation: (record) => ({ own: record.saturation, gray: 1 - record.saturation, mean: 0 }),
};

/** What happens to one image: linear changes, a turn of the hue (0 for none), linear changes. */
export interface JitterPlan {
  readonly before: readonly ColorChange[];
  readonly turns: number;
  readonly after: readonly ColorChange[];
}

/** The plan of a record. With one channel there is neither saturation nor hue. */
export function jitterPlan(record: JitterRecord, channels: number): JitterPlan {
  const before: ColorChange[] = [];
  const after: ColorChange[] = [];
  let turns = 0;
  let side = before;
  for (const step of record.order) {
    if (channels === 1 && (step === 'saturation' || step === 'hue')) continue;
    if (step === 'hue') {
      turns = record.hueTurns;
      side = after;
    } else {
      side.push(linear[step](record));
    }
  }
  return { before, turns, after };
}
