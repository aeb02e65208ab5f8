/** The script of a gallery: keys, and the names of chosen images. */
import { followTheme } from './theme-switch.js';

const thumbs = [...document.querySelectorAll<HTMLButtonElement>('.thumb')];
const chosen = document.querySelector<HTMLOutputElement>('[data-chosen]')!;
const [copy, save, clear] = ['copy', 'save', 'clear'].map((name) => document.querySelector<HTMLButtonElement>(`[data-${name}]`)!);
const names = (): string[] => thumbs.filter((thumb) => thumb.getAttribute('aria-pressed') === 'true').map((thumb) => thumb.dataset['name']!);

function tell(text?: string): void {
  const { length } = names();
  chosen.textContent = text ?? (length === 0 ? 'no image chosen' : `${length} chosen`);
  for (const button of [copy, save, clear]) button!.disabled = length === 0;
}

/** One image is reached by the Tab key; arrow keys go on from there. */
function focus(thumb: HTMLButtonElement): void {
  for (const other of thumbs) other.tabIndex = other === thumb ? 0 : -1;
  thumb.focus();
}

/** The nearest image above or below, by where it is on the screen. */
function beyond(from: HTMLButtonElement, down: boolean): HTMLButtonElement | undefined {
  const at = from.getBoundingClientRect();
  let best: { readonly thumb: HTMLButtonElement; readonly gap: number } | undefined;
  const start = thumbs.indexOf(from);
  // the rows next to it are among the next few hundred
  for (let step = 1; step < 300; step++) {
    const thumb = thumbs[start + (down ? step : -step)];
    if (thumb === undefined) break;
    const box = thumb.getBoundingClientRect();
    const rise = down ? box.top - at.top : at.top - box.top;
    if (rise < 4) continue;
    const gap = rise * 1000 + Math.abs(box.left - at.left);
    if (best === undefined || gap < best.gap) best = { thumb, gap };
  }
  return best?.thumb;
}

for (const [i, thumb] of thumbs.entries()) {
  thumb.addEventListener('click', () => {
    thumb.setAttribute('aria-pressed', `${thumb.getAttribute('aria-pressed') !== 'true'}`);
    focus(thumb);
    tell();
  });
  thumb.addEventListener('keydown', (event) => {
    const { key } = event;
    const next =
      key === 'ArrowRight' ? thumbs[i + 1]
      : key === 'ArrowLeft' ? thumbs[i - 1]
      : key === 'ArrowDown' ? beyond(thumb, true)
      : key === 'ArrowUp' ? beyond(thumb, false)
      : key === 'Home' ? thumbs[0]
      : key === 'End' ? thumbs.at(-1)
      : undefined;
    if (next === undefined) return;
    event.preventDefault();
    focus(next);
  });
}
copy!.addEventListener('click', () => {
  navigator.clipboard.writeText(`${names().join('\n')}\n`).then(
    () => tell(`${names().length} names copied`),
    () => tell('the browser does not allow copying: save the list'),
  );
});
save!.addEventListener('click', () => {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([`${names().join('\n')}\n`], { type: 'text/plain' }));
  link.download = 'chosen.txt';
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
});
clear!.addEventListener('click', () => {
  for (const thumb of thumbs) thumb.setAttribute('aria-pressed', 'false');
  tell();
});
followTheme(() => undefined);
