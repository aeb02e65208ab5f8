/** The weights that a run starts from, in words. */
import type { EncoderInput } from '@kindred/core';
import type { InitialWeights, InitReport } from './initial-weights.js';

/** What was taken and what was not, as the end of a sentence that begins with the run's name. */
export function describeInit({ from, step, prefix, taken, leftOut }: InitReport): string {
  const of = step === undefined ? '' : ` after ${step.toLocaleString('en')} steps`;
  const behind = prefix === '' ? '' : ` behind ${prefix}`;
  return `starts from ${from}${of}: ${taken.length} tensors${behind}${leftOut.length > 0 ? `; left out ${firstOf(leftOut)}` : ''}`;
}

/** One sentence or two each: tensors that are missing, and images that arrive otherwise than the weights expect. */
export function initWarnings({ from, input: expected }: InitialWeights, { missing }: InitReport, input: EncoderInput): string[] {
  return [
    ...(missing.length > 0 ? [`${from} lacks ${firstOf(missing)}: there the encoder starts as a new one does.`] : []),
    ...(expected === undefined || sameNormalization(expected, input)
      ? []
      : [`The weights of ${from} expect images that are ${told(expected)}; those of this run are ${told(input)}. Set normalize in views.`]),
  ];
}

/** Within these, normalisations are the same for a network: CIFAR-10's and ImageNet's are. */
const [meanApart, deviationRatio] = [0.05, 1.3];

function sameNormalization(theirs: EncoderInput, ours: EncoderInput): boolean {
  if (theirs.channels !== ours.channels) return true; // another first filter: the encoder has refused them
  const of = ({ channels, mean, deviation }: EncoderInput): (readonly [mean: number, deviation: number])[] =>
    Array.from({ length: channels }, (_, c) => [mean?.[c] ?? 0, deviation?.[c] ?? 1]);
  const own = of(ours);
  return of(theirs).every(([mean, deviation], c) => Math.abs(mean - own[c]![0]) <= meanApart && Math.abs(Math.log(deviation / own[c]![1])) <= Math.log(deviationRatio));
}

const told = ({ mean, deviation }: EncoderInput): string =>
  mean === undefined ? 'not normalised' : `normalised by mean [${mean.join(', ')}] and deviation [${deviation?.join(', ') ?? '1'}]`;

/** Names as a sentence lists them: the first, and how many more there are. */
const firstOf = (names: readonly string[]): string => (names.length <= 4 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`);
