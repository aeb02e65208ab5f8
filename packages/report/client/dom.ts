/** Elements made here: text is set as text. */

/** An element with attributes and content. */
export function element(name: string, attributes: Readonly<Record<string, string>> = {}, ...content: readonly (Node | string)[]): HTMLElement {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...content);
  return made;
}

/** An image of a sheet. */
export const tile = (sheet: string, columns: number, index: number, label: string): HTMLElement =>
  element('span', {
    class: `tile ${sheet}`,
    style: `--c:${index % columns};--r:${Math.floor(index / columns)}`,
    role: 'img',
    'aria-label': label,
    title: label,
  });

/** The mark of a run's lines. */
export const mark = (run: number): HTMLElement => element('i', { class: `mark run-${run % 8}`, 'data-dash': `${Math.floor(run / 8) % 3}` });
