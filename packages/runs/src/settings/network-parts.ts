/** The parts of a run's networks by the names that settings have for them: what is frozen, or learns at a rate of its own. */
import { residualParts } from '@kindred/backbones';
import type * as z from 'zod';
import type { EncoderSettings } from './encoder-settings.js';
import type { MethodSettings } from './method-settings.js';

/** The parts of an encoder, from the images on. */
export const encoderParts = (encoder: z.output<typeof EncoderSettings>): string[] => residualParts(encoder.name === 'resnet' ? 4 : encoder.widths.length);

/** All parts that a run trains; `encoder` is all of its own parts. */
export function networkParts({ encoder, method }: { readonly encoder: z.output<typeof EncoderSettings>; readonly method: z.output<typeof MethodSettings> }): string[] {
  const predicts = 'prediction' in method && method.prediction !== undefined;
  return [...encoderParts(encoder), 'encoder', 'projector', ...(predicts ? ['predictor'] : []), ...('prototypes' in method ? ['prototypes'] : [])];
}

/** The parts of an encoder that are frozen, `encoder` spelled out. */
export const frozenParts = (frozen: readonly string[], encoder: z.output<typeof EncoderSettings>): string[] =>
  frozen.includes('encoder') ? encoderParts(encoder) : [...new Set(frozen)];

/** Whether a parameter, `encoder.layer1.0.conv1.weight`, belongs to a part. */
export function inPart(part: string, parameter: string): boolean {
  if (part === 'stem') return /^encoder\.(conv1|bn1)\./.test(parameter);
  if (part === 'prototypes') return parameter.startsWith('strategy.');
  return parameter.startsWith(part.startsWith('stage') ? `encoder.layer${part.slice('stage'.length)}.` : `${part}.`);
}
