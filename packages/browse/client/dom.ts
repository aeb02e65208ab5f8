/** Elements of the page. */

/** The element with the attribute `data-<name>`. */
export function byData<E extends HTMLElement = HTMLElement>(name: string): E {
  const found = document.querySelector<E>(`[data-${name}]`);
  if (found === null) throw new Error(`the page has no ${name}`);
  return found;
}
