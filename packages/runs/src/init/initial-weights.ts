/** Starts an encoder from weights, and tells which. */
import { exportTorch, importTorch, networkState, type ResidualEncoder } from '@kindred/backbones';
import { DataError, digest, type EncoderInput, type NamedTensors } from '@kindred/core';
import { resnetOfWeights, resnetPrefixes } from '../embed/resnet-of-weights.js';

/** Weights as they were found, whatever network they are of. */
export interface InitialWeights {
  /** The file, or the folder of the run. */
  readonly from: string;
  /** All of its tensors, under torchvision's names behind any prefix, in PyTorch's layouts. */
  readonly tensors: NamedTensors;
  /** What their encoder expects of images, if that is known. */
  readonly input?: EncoderInput;
  /** Of a run: steps behind the weights. */
  readonly step?: number;
}

/** What a run started from: `init.json` of its folder. */
export interface InitReport {
  /** The file or folder, as the settings name it. */
  readonly from: string;
  /** Of a run: steps behind the weights. */
  readonly step?: number;
  /** A digest of the values that were taken: the same weights from another file have the same. */
  readonly weights: string;
  /** What stood before their names, `module.encoder_q.`; empty if nothing did. */
  readonly prefix: string;
  /** Names of the encoder's tensors that were taken. */
  readonly taken: readonly string[];
  /** Names in the file that the encoder has no place for: classifiers, heads, a momentum encoder. Counters of batches are not named. */
  readonly leftOut: readonly string[];
  /** Names of the encoder's tensors that the file lacks; they start as they would without it. */
  readonly missing: readonly string[];
}

/** PyTorch counts the batches that a batch norm has seen, and never reads the number at its usual momentum. */
const isCounter = (name: string): boolean => /(^|\.)num_batches_tracked$/.test(name);

/** The part of a ResNet that a name belongs to, `layer1.0`; undefined for names of classifiers and heads. */
const blockOf = (name: string): string | undefined => /^(?:conv1|bn1|layer\d+\.\d+)(?=\.)/.exec(name)?.[0];

/**
 * Sets an encoder's values to those of a file. Of several encoders in it (a network and its momentum encoder) the one that fits best, else
 * MoCo's query encoder, else the first.
 *
 * @throws DataError for a file without a ResNet, or of another one: a tensor of another shape, a block too many or too few; for values
 * that are not finite. Then nothing has changed.
 */
export function startEncoder(encoder: ResidualEncoder, { from, tensors, step }: InitialWeights): InitReport {
  const own = exportTorch(networkState(encoder));
  const names = Object.keys(own);
  const matches = (prefix: string): number => names.filter((name) => Object.hasOwn(tensors, prefix + name)).length;
  const prefix = resnetPrefixes(from, tensors).reduce((best, other) => (matches(other) > matches(best) ? other : best));
  const taken = names.filter((name) => Object.hasOwn(tensors, prefix + name));
  const found = Object.fromEntries(taken.map((name) => [name, tensors[prefix + name]!]));
  const missing = names.filter((name) => !Object.hasOwn(found, name));
  const used = new Set(taken.map((name) => prefix + name));
  const leftOut = Object.keys(tensors).filter((name) => !used.has(name) && !isCounter(name));

  const remedy = (): string => whatToSet(kindOf(tensors, prefix), kindOf(own, ''));
  const reshaped = taken.find((name) => found[name]!.shape.join() !== own[name]!.shape.join());
  if (reshaped !== undefined) {
    throw new DataError(from, `holds ${prefix}${reshaped} as [${found[reshaped]!.shape.join(', ')}], the encoder of this run has [${own[reshaped]!.shape.join(', ')}].`, remedy());
  }
  const foreign = leftOut.find((name) => name.startsWith(prefix) && blockOf(name.slice(prefix.length)) !== undefined);
  if (foreign !== undefined) throw new DataError(from, `holds ${foreign}, which the encoder of this run has no place for.`, remedy());
  const present = new Set(taken.map(blockOf));
  const absent = missing.find((name) => !present.has(blockOf(name)));
  if (absent !== undefined) throw new DataError(from, `has nothing for ${blockOf(absent)} of the encoder of this run.`, remedy());
  const broken = taken.find((name) => !found[name]!.values.every(Number.isFinite));
  if (broken !== undefined) throw new DataError(from, `holds values in ${prefix}${broken} that are not finite.`, 'Take weights from before the training diverged.');

  importTorch(encoder, { ...own, ...found });
  return { from, ...(step !== undefined && { step }), weights: digestOf(found), prefix, taken, leftOut, missing };
}

/** A ResNet's settings in words; undefined for a network of other blocks. */
function kindOf(tensors: NamedTensors, prefix: string): string | undefined {
  try {
    const { depth, stem, widthMultiplier, channels } = resnetOfWeights('', tensors, prefix);
    return `depth ${depth}, stem ${stem}, widthMultiplier ${widthMultiplier}, images of ${channels} channel${channels === 1 ? '' : 's'}`;
  } catch {
    return undefined;
  }
}

function whatToSet(theirs: string | undefined, ours: string | undefined): string {
  if (theirs === undefined) return 'Set encoder to that of the weights.';
  return theirs === ours ? "It is another kind of ResNet than torchvision's, or not in PyTorch's layouts." : `It is a ResNet of ${theirs}: set encoder and data so.`;
}

const digestOf = (values: NamedTensors): string =>
  digest(Object.entries(values).flatMap(([name, { values: { buffer, byteOffset, byteLength } }]) => [name, new Uint8Array(buffer, byteOffset, byteLength)]));
