/** Choices of samples by seed, balanced over classes: few labels, and a part held out. */
import { ArgumentError, checkWhole, random } from '@kindred/core';

/**
 * The samples whose labels may be used when only a share of them is known, balanced over classes: of every class the
 * same share, at least one. Samples of class −1 are never chosen. The ids are fixed by the seed and ascending, and a
 * smaller share of one seed lies within a larger one.
 *
 * @param share Above 0, at most 1: the share of every class, rounded to whole samples. Or `{ perClass }`: that many of
 *   every class.
 * @throws ArgumentError for another share, or a class with fewer samples than asked for.
 *
 * @example
 * labelledFraction(Int32Array.of(0, 1, 0, 1), { perClass: 1 }, 7).length; // => 2
 *
 * @see Chen et al. 2020, "A Simple Framework for Contrastive Learning of Visual Representations", section 6: 1 % and 10 %
 */
export function labelledFraction(
  labels: Int32Array,
  share: number | { readonly perClass: number },
  seed: number,
): Int32Array {
  if (typeof share === 'number') checkShare('labelledFraction.share', share <= 1, 'above 0 and at most 1', share);
  else checkWhole('labelledFraction.share.perClass', share.perClass, 1);
  const chosen: number[] = [];
  for (const [label, members] of byClass('labelledFraction.labels', labels)) {
    if (label === -1) continue;
    const wanted = typeof share === 'number' ? Math.max(1, Math.round(share * members.length)) : share.perClass;
    if (wanted > members.length) {
      throw new ArgumentError(
        'labelledFraction.share.perClass',
        `at most ${members.length}, the samples of class ${label}`,
        wanted,
      );
    }
    const order = random(seed).fork('labelled', label).permutation(members.length);
    for (let rank = 0; rank < wanted; rank++) chosen.push(members[order[rank]!]!);
  }
  if (chosen.length === 0) throw new ArgumentError('labelledFraction.labels', 'at least one class of 0 or more', []);
  return Int32Array.from(chosen).sort();
}

/**
 * Sets a share of the samples aside, for example to choose a regularisation: `held` and `rest` share no sample and hold all
 * together, both ascending. With labels the share is the same in every class: a class of two or more has at least one
 * sample in both parts, a class of one stays in `rest`, and class −1 counts as a class.
 *
 * @param samples How many samples there are, or the class of each.
 * @param share Above 0 and below 1: the share that is held, rounded to whole samples.
 * @throws ArgumentError for another share, or if a part would be empty.
 *
 * @example
 * holdOut(10, 0.2, 7).held.length; // => 2
 */
export function holdOut(
  samples: number | Int32Array,
  share: number,
  seed: number,
): { rest: Int32Array; held: Int32Array } {
  checkShare('holdOut.share', share < 1, 'above 0 and below 1', share);
  const size = typeof samples === 'number' ? samples : samples.length;
  checkWhole('holdOut.samples', size, 2, 'Both parts need a sample.');
  const groups = typeof samples === 'number' ? new Map([[0, everyNumber(samples)]]) : byClass('holdOut.samples', samples);
  const isHeld = new Uint8Array(size);
  for (const [label, members] of groups) {
    const count = members.length;
    const wanted = Math.min(count - 1, Math.max(1, Math.round(share * count)));
    const order = random(seed).fork('held', label + 1).permutation(count);
    for (let rank = 0; rank < wanted; rank++) isHeld[members[order[rank]!]!] = 1;
  }
  const everyone = everyNumber(size);
  const held = everyone.filter((id) => isHeld[id] === 1);
  if (held.length === 0) {
    throw new ArgumentError('holdOut.samples', 'a class of two or more', `${size} classes of one`, 'Pass the size instead.');
  }
  return { rest: everyone.filter((id) => isHeld[id] === 0), held };
}

function checkShare(where: string, below: boolean, expected: string, share: number): void {
  if (!(share > 0 && below)) throw new ArgumentError(where, `a share ${expected}`, share);
}

const everyNumber = (size: number): Int32Array => Int32Array.from({ length: size }, (_, index) => index);

/** The samples of every class, classes ascending. */
function byClass(where: string, labels: Int32Array): Map<number, Int32Array> {
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const members = new Map<number, Int32Array>();
  for (const label of [...counts.keys()].sort((a, b) => a - b)) {
    if (label < -1) throw new ArgumentError(where, 'classes of 0 or more, or -1 where unknown', label);
    members.set(label, new Int32Array(counts.get(label)!));
  }
  const filled = new Map<number, number>();
  labels.forEach((label, id) => {
    const position = filled.get(label) ?? 0;
    members.get(label)![position] = id;
    filled.set(label, position + 1);
  });
  return members;
}
