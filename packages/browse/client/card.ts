/** The selected image and those nearest to it. */
import { type Content, thumbnail } from './content.js';
import { byData } from './dom.js';
import type { Notes } from './notes.js';
import type { Search } from './search.js';

export function cardOf(content: Content, notes: Notes, search: Search, { onOpen }: { readonly onOpen: (row: number) => void }): { show(row: number): void } {
  const { data } = content;
  const card = byData('card');
  return {
    show(row) {
      const picture = document.createElement('i');
      picture.className = 'large';
      picture.setAttribute('role', 'img');
      picture.setAttribute('aria-label', data.names[row]!);
      thumbnail(picture, content, row);
      if (data.images) {
        // the thumbnail stays if the browser cannot show the file, for instance a TIFF
        const whole = new Image();
        whole.alt = '';
        whole.addEventListener('load', () => picture.replaceChildren(whole));
        whole.src = `images/${row}`;
      }
      const name = document.createElement('h2');
      name.textContent = data.names[row]!;
      const facts = document.createElement('p');
      const known = data.labels?.[row] ?? -1;
      facts.textContent = [
        known >= 0 ? `class ${data.classes?.[known] ?? known}` : '',
        notes.labels().has(row) ? `label ${notes.labels().get(row)}` : '',
        notes.isMarked(row) ? 'marked as duplicate' : '',
      ].filter(Boolean).join(' · ');
      const near = document.createElement('div');
      near.className = 'near';
      for (const { row: other, similarity } of search.neighbors(row, 8)) {
        const button = document.createElement('button');
        button.type = 'button';
        button.title = `${data.names[other]}, ${similarity.toFixed(3)}`;
        button.setAttribute('aria-label', `go to ${data.names[other]}, similarity ${similarity.toFixed(3)}`);
        const tile = document.createElement('i');
        thumbnail(tile, content, other);
        const text = document.createElement('small');
        text.textContent = similarity.toFixed(2);
        button.append(tile, text);
        button.addEventListener('click', () => onOpen(other));
        near.append(button);
      }
      card.replaceChildren(picture, name, facts, near);
    },
  };
}
