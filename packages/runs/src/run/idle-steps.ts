/** Counts steps that teach nothing, and warns if they are frequent. */

/** How many of the last steps are looked at, and from how many on. */
const [window, least] = [100, 20];
/** The share of them that warrants a warning. */
const frequent = 0.1;

/**
 * Watches the losses of a run for exact zeros. A triplet loss is exactly 0, and so is its gradient, if a batch holds no triplet (one
 * class only), or if every triplet is satisfied: the step changes nothing but what weight decay and momentum do. Warns once, as soon as a
 * tenth of the last hundred steps were such.
 *
 * @returns A function to call with the loss of each step.
 */
export function idleSteps(warn: (text: string) => void): (loss: number) => void {
  const last: boolean[] = [];
  let warned = false;
  return (loss) => {
    last.push(loss === 0);
    if (last.length > window) last.shift();
    const idle = last.filter(Boolean).length;
    if (warned || last.length < least || idle < frequent * last.length) return;
    warned = true;
    warn(
      `${idle} of the last ${last.length} steps had a loss of exactly 0 and taught nothing: their batches held no triplet, or all were satisfied. ` +
        'Take larger batches, so that each holds several classes and several images of a class, or a larger or a soft margin.',
    );
  };
}
