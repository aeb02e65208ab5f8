/** Which ResNet a file of weights is of: told by names and shapes. */
import { type ResNetDepth } from '@kindred/backbones';
import { DataError, type NamedTensors } from '@kindred/core';

/** The settings of a ResNet and the channels of its images. */
export interface ResNetOfWeights {
  /** Before each name, `module.encoder_q.`; empty for torchvision's own files. */
  readonly prefix: string;
  readonly depth: ResNetDepth;
  readonly stem: 'cifar' | 'imagenet';
  readonly widthMultiplier: number;
  readonly channels: 1 | 3;
}

const basic: Readonly<Record<string, ResNetDepth>> = { '2,2,2,2': 18, '3,4,6,3': 34 };
const bottleneck: Readonly<Record<string, ResNetDepth>> = { '3,4,6,3': 50, '3,4,23,3': 101, '3,8,36,3': 152 };

/**
 * What stands before the names of each ResNet in a file, `module.encoder_q.` say; first MoCo's query encoder (`encoder_q.`), the one that was
 * trained, then the others in the file's order.
 *
 * @throws DataError if the file holds none.
 */
export function resnetPrefixes(where: string, tensors: NamedTensors): [string, ...string[]] {
  const stems = Object.keys(tensors).filter((name) => /(^|\.)conv1\.weight$/.test(name) && !/(^|\.)layer\d/.test(name));
  const prefixes = stems.map((name) => name.slice(0, name.length - 'conv1.weight'.length));
  const queries = (prefix: string): boolean => /(^|\.)encoder_q\./.test(prefix);
  const [first, ...others] = [...prefixes.filter(queries), ...prefixes.filter((prefix) => !queries(prefix))];
  if (first !== undefined) return [first, ...others];
  throw new DataError(where, `holds no ResNet under torchvision's names: no conv1.weight, but ${Object.keys(tensors).slice(0, 3).join(', ') || 'nothing'}.`, 'Give a ResNet of torchvision or timm, or the folder of a run.');
}

/**
 * The ResNet under torchvision's names in a file.
 *
 * @param prefix Which one; by default the first of `resnetPrefixes`.
 * @throws DataError if the file holds none.
 */
export function resnetOfWeights(where: string, tensors: NamedTensors, prefix = resnetPrefixes(where, tensors)[0]): ResNetOfWeights {
  const [outputs, channels, kernel] = tensors[`${prefix}conv1.weight`]!.shape as [number, number, number];
  const blocks = [1, 2, 3, 4].map((stage) => {
    let count = 0;
    while (`${prefix}layer${stage}.${count}.conv1.weight` in tensors) count++;
    return count;
  });
  const deep = `${prefix}layer1.0.conv3.weight` in tensors;
  const depth = (deep ? bottleneck : basic)[blocks.join()];
  if (depth === undefined || (channels !== 1 && channels !== 3)) {
    throw new DataError(where, `holds a network of ${blocks.join(', ')} blocks${deep ? ' with bottlenecks' : ''} for ${channels} channels, which is no ResNet of 18, 34, 50, 101 or 152 layers.`, 'Give the folder of the run that made it.');
  }
  return { prefix, depth, stem: kernel === 3 ? 'cifar' : 'imagenet', widthMultiplier: outputs / 64, channels };
}
