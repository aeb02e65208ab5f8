/** The switch between light and dark, of all pages. */

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
