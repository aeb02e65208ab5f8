/** What an encoder costs. */
import { ArgumentError } from '@kindred/core';
import { type ConvolutionPlan, planBlocks, planStem, type ResidualPlan } from './residual-plan.js';

type Size = readonly [height: number, width: number];

/**
 * Multiply-adds of one image's forward pass: those of the convolutions, which are about 99 % of the work. A
 * training step does about three times as many (forward, gradient of the input, gradient of the weights), each two
 * floating-point operations.
 *
 * @param encoder One of this package, or `{ plan }`.
 * @param imageShape `[H, W, ...]`.
 * @throws ArgumentError for images that shrink below one pixel on the way.
 *
 * @example
 * const encoder = resnet({ random: random(1), depth: 18, stem: 'cifar', channels: 3 });
 * countMultiplyAdds(encoder, [32, 32, 3]); // => 555417600
 */
export function countMultiplyAdds({ plan }: { readonly plan: ResidualPlan }, imageShape: readonly number[]): number {
  let total = 0;
  const after = ([height, width]: Size, window: Pick<ConvolutionPlan, 'kernel' | 'stride' | 'padding'>): Size => {
    const length = (side: number): number => Math.floor((side + 2 * window.padding - window.kernel) / window.stride) + 1;
    const size: Size = [length(height), length(width)];
    if (size[0] < 1 || size[1] < 1) throw new ArgumentError('countMultiplyAdds.imageShape', 'larger images', imageShape);
    return size;
  };
  const through = (size: Size, layer: ConvolutionPlan): Size => {
    const [height, width] = after(size, layer);
    total += height * width * layer.kernel ** 2 * layer.inputs * layer.outputs;
    return [height, width];
  };
  let size: Size = through([imageShape[0] ?? 0, imageShape[1] ?? 0], planStem(plan));
  if (plan.stem.maxPool) size = after(size, { kernel: 3, stride: 2, padding: 1 });
  for (const { path, shortcut } of planBlocks(plan)) {
    if (shortcut !== undefined) through(size, shortcut);
    size = path.reduce(through, size);
  }
  return total;
}
