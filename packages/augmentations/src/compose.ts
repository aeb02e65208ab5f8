/** Augmentations one after the other. */
import type { MixedImages } from '@kindred/core';
import { type Tensor4D, tidy } from '@tensorflow/tfjs-core';
import type { Augmentation } from './augmentation.js';
import { imagesOnBackend } from './bytes-to-images.js';
import { checkBatch } from './checks.js';
import type { ImageSize, PixelImages } from './images.js';
import { canvasRunner, type CanvasStep, valuesInMemory } from './in-memory.js';
import { onBackend } from './on-backend.js';
import { applySeparable, chainSeparable, type SeparableMaps } from './separable.js';

/**
 * The parts in the order given, as one augmentation. A record holds one of each part, in that order.
 *
 * Each part draws from a stream of its own name, so one part more, less or with other settings changes no other part's
 * draws. Where values are in this process's memory, all parts run on one image before the next is taken; elsewhere
 * neighbours that are matrices on rows and columns (a crop and a flip) are applied as one.
 *
 * @example
 * const view = compose([
 *   horizontalFlip({ probability: 1 }),
 *   randomGrayscale({ probability: 0 }),
 * ]);
 * view.draw(random(7), { height: 32, width: 32 }); // => [{ flipped: true }, { gray: false }]
 */
export function compose(members: readonly Augmentation[]): Augmentation<readonly unknown[]> {
  // the second part with the same name gets a separate stream
  const streams = members.map((part, i) => {
    const earlier = members.slice(0, i).filter(({ name }) => name === part.name).length;
    return earlier === 0 ? part.name : `${part.name} ${earlier + 1}`;
  });

  const onCanvas = canvasRunner();
  const stepsOf = (parts: readonly Augmentation[], first: number, records: readonly (readonly unknown[])[]): CanvasStep[] =>
    parts.map((part, k) => ({ change: part.change!, records: records.map((record) => record[first + k]) }));

  /** The parts `first`..`end − 1`, of images of one size. */
  const applyParts = (images: Tensor4D | PixelImages, records: readonly (readonly unknown[])[], first: number, end: number): Tensor4D => {
    const parts = members.slice(0, end);
    let result = images;
    for (let i = first; i < end; ) {
      const of = (index: number): unknown[] => records.map((record) => record[index]);
      const [, height, width] = result.shape;
      const changing = neighbours(parts, i, 'change');
      const drawn = changing.length === 0 ? undefined : onCanvas(result, stepsOf(changing, i, records), sizeAfter(changing));
      if (drawn !== undefined) {
        result = drawn;
        i += changing.length;
        continue;
      }
      result = asTensor(result);
      const maps = neighbours(parts, i, 'separable');
      if (maps.length > 1) {
        const { maps: chained, count } = chain(maps, (k) => of(i + k), { height, width });
        result = applySeparable(result, chained);
        i += count;
      } else {
        result = members[i]!.apply(result, of(i));
        i++;
      }
    }
    return result === images ? asTensor(images).clone() : asTensor(result);
  };

  /** Images of several sizes: up to the crop that gives them one, or, where values are in this memory, as far as possible. */
  const applyToMixed = (images: MixedImages, records: readonly (readonly unknown[])[]): Tensor4D => {
    const crop = members.findIndex((part) => part.outputSize !== undefined);
    const least = crop === -1 ? members.length : crop + 1;
    const changing = neighbours(members, 0, 'change').slice(0, valuesInMemory() ? undefined : least);
    const drawn =
      changing.length === 0 || changing.length < least ? undefined : onCanvas(images, stepsOf(changing, 0, records), sizeAfter(changing));
    if (drawn !== undefined) return applyParts(drawn, records, changing.length, members.length);
    const cropped = onBackend(images, records, (one, own) => applyParts(one, own, 0, least));
    return applyParts(cropped, records, least, members.length);
  };

  const applied = (images: Tensor4D | PixelImages | MixedImages, records: readonly (readonly unknown[])[]): Tensor4D => {
    checkBatch('compose', images, records);
    return tidy(() => ('images' in images ? applyToMixed(images, records) : applyParts(images, records, 0, members.length)));
  };

  return {
    name: 'compose',
    draw(random, size) {
      return members.map((part, i) => {
        const record = part.draw(random.fork(streams[i]!), size);
        size = part.outputSize?.(size) ?? size;
        return record;
      });
    },
    apply: applied,
    applyToPixels: applied,
    outputSize: sizeAfter(members),
  };
}

/** What size images have after the parts. */
const sizeAfter =
  (members: readonly Augmentation[]) =>
  (size: ImageSize): ImageSize =>
    members.reduce((now, part) => part.outputSize?.(now) ?? now, size);

const asTensor = (images: Tensor4D | PixelImages): Tensor4D => ('pixels' in images ? imagesOnBackend(images) : images);

/** The parts from `start` on that have what `key` names, up to the first that has not. */
function neighbours(members: readonly Augmentation[], start: number, key: 'separable' | 'change'): Augmentation[] {
  const end = members.findIndex((part, i) => i >= start && part[key] === undefined);
  return members.slice(start, end === -1 ? undefined : end);
}

/** As many of the parts as can be one map, at least the first. */
function chain(
  parts: readonly Augmentation[],
  recordsOf: (part: number) => unknown[],
  size: ImageSize,
): { readonly maps: SeparableMaps; readonly count: number } {
  let maps = parts[0]!.separable!(recordsOf(0), size);
  let count = 1;
  for (let now = parts[0]!.outputSize?.(size) ?? size; count < parts.length; count++) {
    const chained = chainSeparable(maps, parts[count]!.separable!(recordsOf(count), now));
    if (chained === undefined) break;
    maps = chained;
    now = parts[count]!.outputSize?.(now) ?? now;
  }
  return { maps, count };
}
