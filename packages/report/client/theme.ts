/** Colours of the style sheet as charts need them. */

const probe = document.createElement('span');
probe.hidden = true;

/** What a colour of the style sheet is in the theme at hand: `rgb(…)`. */
export function color(name: string): string {
  if (!probe.isConnected) document.body.append(probe);
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}

/** The colour of the i-th run or class. */
export const paletteColor = (i: number): string => color(`c${i % 10}`);

export const fontFamily = (): string => getComputedStyle(document.body).fontFamily;
