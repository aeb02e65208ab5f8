/** Colours between red-green-blue and hue-saturation-value, one pass each way. */
import { nativeKernel } from './native.js';

/** x `[..., 3]` in 0..1 → hue (turns), saturation, value. */
export const rgbToHsv = nativeKernel<'x', object>('KindredRgbToHsv', ({ x }, _, { one, type }) => one('RGBToHSV', [type('T', 'float32')], [x]));

/** The inverse. */
export const hsvToRgb = nativeKernel<'x', object>('KindredHsvToRgb', ({ x }, _, { one, type }) => one('HSVToRGB', [type('T', 'float32')], [x]));
