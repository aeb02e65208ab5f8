/** The steps of a colour jitter as numbers, the same for every way to compute them. */
import type { ColorChange } from './color-matrices.js';

/** A step of `colorJitter`. */
export type JitterStep = 'brightness' | 'contrast' | 'saturation' | 'hue';

/** Whose contrast and saturation `colorJitter` takes. */
export type ColorDefinitions = 'torchvision' | 'tensorflow';

/** What `colorJitter` draws for an image. */
export interface JitterRecord {
  /** The steps in the order in which they are applied; none if the image is left as it is. */
  readonly order: readonly JitterStep[];
  /** Factor; what is added where `additiveBrightness` is set. */
  readonly brightness: number;
  /** Factor. */
  readonly contrast: number;
  /** Factor. */
  readonly saturation: number;
  /** Shift in turns of the colour circle. */
  readonly hueTurns: number;
}

/** A change in HSV: hue turned, saturation multiplied and cut at 1. */
export interface HsvChange {
  readonly turns: number;
  readonly saturation: number;
}

/** One step: a linear change of colour, or one in HSV. */
export type PixelChange = { readonly linear: ColorChange } | { readonly hsv: HsvChange };

/** What the steps mean. */
export interface JitterMeaning {
  readonly definitions: ColorDefinitions;
  readonly additiveBrightness: boolean;
}

const none: ColorChange = { own: 1, gray: 0, meanGray: 0, meanChannel: 0, shift: 0 };

const changes: Record<JitterStep, (record: JitterRecord, meaning: JitterMeaning) => PixelChange> = {
  brightness: ({ brightness }, { additiveBrightness }) => ({
    linear: additiveBrightness ? { ...none, shift: brightness } : { ...none, own: brightness },
  }),
  contrast: ({ contrast }, { definitions }) => ({
    linear: { ...none, own: contrast, [definitions === 'torchvision' ? 'meanGray' : 'meanChannel']: 1 - contrast },
  }),
  saturation: ({ saturation }, { definitions }) =>
    definitions === 'torchvision'
      ? { linear: { ...none, own: saturation, gray: 1 - saturation } }
      : { hsv: { turns: 0, saturation } },
  hue: ({ hueTurns }) => ({ hsv: { turns: hueTurns, saturation: 1 } }),
};

/** What happens to one image, in order. With one channel there is neither saturation nor hue. */
export function jitterPlan(record: JitterRecord, channels: number, meaning: JitterMeaning): PixelChange[] {
  return record.order
    .filter((step) => channels > 1 || (step !== 'saturation' && step !== 'hue'))
    .map((step) => changes[step](record, meaning));
}
