/** Shapes of tensors, checked against axis letters before any work is done. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { ShapeError } from './errors.js';

/** A tensor and its axes by letter: `[projections, 'N D']`. A number fixes an axis, as in `'N H W 3'`; `''` is a scalar. */
export type ShapeClaim = readonly [tensor: Tensor | undefined, axes: string];

/**
 * Checks that every tensor has its axes, and that one letter means one length throughout. The letters of the field:
 * `N` samples, `V` views, `D` embedding, `K` queue, `H W C` image. An undefined tensor is passed over.
 *
 * @returns The length of each letter.
 * @throws ShapeError that names the first tensor which does not fit.
 *
 * @example
 * checkShapes('infoNCE', { anchors: [tf.zeros([8, 4]), 'N D'], positives: [tf.zeros([8, 4]), 'N D'] }).N; // => 8
 */
export function checkShapes(
  where: string,
  claims: Readonly<Record<string, ShapeClaim>>,
  remedy?: string,
): Record<string, number> {
  const lengths: Record<string, number> = {};
  const source: Record<string, string> = {};
  for (const [name, [tensor, axes]] of Object.entries(claims)) {
    if (tensor === undefined) continue;
    const letters = axes === '' ? [] : axes.split(' ');
    // a letter that is new here may come twice in this very tensor
    const wanted = letters.map((letter) => (/^\d+$/.test(letter) ? Number(letter) : (lengths[letter] ?? tensor.shape[letters.indexOf(letter)])));
    const wrong = letters.findIndex((_, axis) => wanted[axis] !== tensor.shape[axis]);
    if (tensor.shape.length !== letters.length || wrong >= 0) {
      const known = letters.map((letter) => (/^\d+$/.test(letter) ? letter : (lengths[letter] ?? letter)));
      const from = source[letters[wrong] ?? ''] ?? letters.map((letter) => source[letter]).find((owner) => owner !== undefined);
      const exact = known.some((length, axis) => String(length) !== letters[axis]) ? ` = [${known.join(', ')}]` : '';
      const expected = `[${letters.join(', ')}]${exact}${from === undefined ? '' : ` as in ${from}`}`;
      throw new ShapeError(where, `${name} is [${tensor.shape.join(', ')}], expected ${expected}.`, {
        expected,
        received: tensor.shape,
        remedy,
      });
    }
    letters.forEach((letter, axis) => {
      if (/^\d+$/.test(letter) || letter in lengths) return;
      lengths[letter] = tensor.shape[axis]!;
      source[letter] = name;
    });
  }
  return lengths;
}
