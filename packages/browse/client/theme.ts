/** The switch between light and dark. */
import { byData } from './dom.js';

const themes = ['auto', 'light', 'dark'] as const;

/** Makes the button switch, and calls `redraw` whenever colours have changed. */
export function followTheme(redraw: () => void): void {
  const root = document.documentElement;
  const button = byData('theme-switch');
  button.addEventListener('click', () => {
    const at = themes.findIndex((theme) => theme === root.dataset['theme']);
    const theme = themes[(at + 1) % themes.length]!;
    root.dataset['theme'] = theme;
    button.textContent = `theme: ${theme}`;
    redraw();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
}
