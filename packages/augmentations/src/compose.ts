/** Augmentations one after the other. */
import { tidy } from '@tensorflow/tfjs-core';
import type { Augmentation, ImageSize } from './augmentation.js';
import { checkBatch } from './checks.js';
import { applySeparable, chainSeparable } from './separable.js';

/**
 * The parts in the order given, as one augmentation. A record holds one of each part, in that order.
 *
 * Each part draws from a stream of its own name, so one part more, less or with other settings changes no other part's
 * draws. Neighbours that are matrices on rows and columns (a crop and a flip) are applied as one.
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
      return tidy(() => {
        let result = images;
        for (let i = 0; i < members.length; i++) {
          const of = (index: number): unknown[] => records.map((record) => record[index]);
          const size: ImageSize = { height: result.shape[1], width: result.shape[2] };
          let maps = members[i + 1]?.separable && members[i]!.separable?.(of(i), size);
          if (!maps) {
            result = members[i]!.apply(result, of(i));
            continue;
          }
          let after = members[i]!.outputSize?.(size) ?? size;
          for (let next = members[i + 1]; next?.separable; next = members[i + 1]) {
            const chained = chainSeparable(maps, next.separable(of(i + 1), after));
            if (chained === undefined) break;
            maps = chained;
            after = next.outputSize?.(after) ?? after;
            i++;
          }
          result = applySeparable(result, maps);
        }
        return result === images ? images.clone() : result;
      });
    },
    outputSize: (size) => members.reduce((now, part) => part.outputSize?.(now) ?? now, size),
  };
}
