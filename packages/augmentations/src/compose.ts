/** Augmentations one after the other. */
import { type Tensor4D, tidy } from '@tensorflow/tfjs-core';
import type { Augmentation, ImageSize } from './augmentation.js';
import { imagesOf } from './bytes-to-images.js';
import { checkBatch } from './checks.js';
import { type PixelImages, type CanvasStep, canvasRunner } from './in-memory.js';
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
  // the second part of a name has a stream of its own
  const streams = members.map((part, i) => {
    const earlier = members.slice(0, i).filter(({ name }) => name === part.name).length;
    return earlier === 0 ? part.name : `${part.name} ${earlier + 1}`;
  });

  const onCanvas = canvasRunner();
  const applied = (images: Tensor4D | PixelImages, records: readonly (readonly unknown[])[]): Tensor4D =>
    tidy(() => {
      let result = images;
      for (let i = 0; i < members.length; ) {
        const of = (index: number): unknown[] => records.map((record) => record[index]);
        const [, height, width] = result.shape;
        const steps = neighbours(members, i, 'change').map((part, k): CanvasStep => ({ change: part.change!, records: of(i + k) }));
        const drawn = steps.length === 0 ? undefined : onCanvas(result, steps, sizeAfter(members.slice(i, i + steps.length)));
        if (drawn !== undefined) {
          result = drawn;
          i += steps.length;
          continue;
        }
        result = asTensor(result);
        const maps = neighbours(members, i, 'separable');
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
    });

  return {
    name: 'compose',
    draw(random, size) {
      return members.map((part, i) => {
        const record = part.draw(random.fork(streams[i]!), size);
        size = part.outputSize?.(size) ?? size;
        return record;
      });
    },
    apply(images, records) {
      checkBatch('compose', images, records);
      return applied(images, records);
    },
    applyToPixels(images, records) {
      checkBatch('compose', images, records);
      return applied(images, records);
    },
    outputSize: sizeAfter(members),
  };
}

/** What size images have after the parts. */
const sizeAfter =
  (members: readonly Augmentation[]) =>
  (size: ImageSize): ImageSize =>
    members.reduce((now, part) => part.outputSize?.(now) ?? now, size);

const asTensor = (images: Tensor4D | PixelImages): Tensor4D => ('pixels' in images ? imagesOf(images) : images);

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
