/** Colours of the style sheet as charts need them, and the switch between light and dark. */

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

const themes = ['auto', 'light', 'dark'] as const;

/** Makes the button switch, and calls `redraw` whenever colours have changed. Paper is light. */
export function followTheme(redraw: () => void): void {
  const root = document.documentElement;
  const button = document.querySelector<HTMLButtonElement>('[data-theme-switch]')!;
  const set = (theme: string): void => {
    root.dataset['theme'] = theme;
    button.textContent = `theme: ${theme}`;
    redraw();
  };
  button.addEventListener('click', () => {
    const at = themes.findIndex((theme) => theme === root.dataset['theme']);
    set(themes[(at + 1) % themes.length]!);
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
  let before = 'auto';
  addEventListener('beforeprint', () => {
    before = root.dataset['theme'] ?? 'auto';
    set('light');
  });
  addEventListener('afterprint', () => set(before));
}
