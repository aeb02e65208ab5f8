/** The grid of all images. Only those in view are elements, so that 20,000 scroll as smoothly as 20. */
import { type Content, thumbnail } from './content.js';
import { byData } from './dom.js';
import type { Notes } from './notes.js';

export interface Grid {
  /** Shows these rows in this order, with a score below each if scores are given. */
  show(rows: Int32Array, scores: Float32Array | undefined): void;
  /** Redraws labels and marks. */
  refresh(): void;
  toTop(): void;
  /** The first row shown. */
  first(): number | undefined;
}

export interface GridEvents {
  /** Called when an image gets the focus. */
  readonly onCurrent: (row: number) => void;
  /** Called when an image is selected. */
  readonly onOpen: (row: number) => void;
  /** Called for any other key; returns whether the key was handled. */
  readonly onKey: (key: string) => boolean;
}

/** Pixels between images, and the height of the text below each. */
const [gap, below] = [6, 18];

export function gridOf(content: Content, notes: Notes, { onCurrent, onOpen, onKey }: GridEvents): Grid {
  const { names } = content.data;
  const scroller = byData('grid');
  const sizer = byData('sizer');
  let rows: Int32Array = new Int32Array();
  let scores: Float32Array | undefined;
  /** The position in `rows` of the keyboard focus. */
  let at = 0;
  /** Elements by position; those out of view are reused. */
  const shown = new Map<number, HTMLElement>();
  const spare: HTMLElement[] = [];

  const layout = (): { columns: number; tile: number; line: number } => {
    const width = Math.max(1, sizer.clientWidth);
    const columns = Math.max(2, Math.floor((width + gap) / (96 + gap)));
    const tile = Math.floor((width - gap * (columns - 1)) / columns);
    return { columns, tile, line: tile + below + gap };
  };

  function make(): HTMLElement {
    const item = document.createElement('div');
    item.className = 'item';
    item.setAttribute('role', 'option');
    item.append(document.createElement('i'), document.createElement('small'));
    item.addEventListener('click', () => {
      to(Number(item.dataset['place']), false);
      onOpen(rows[at]!);
    });
    sizer.append(item);
    return item;
  }

  function fill(item: HTMLElement, place: number): void {
    const row = rows[place]!;
    const label = notes.labels().get(row);
    const [picture, text] = [item.firstElementChild as HTMLElement, item.lastElementChild as HTMLElement];
    item.dataset['place'] = `${place}`;
    item.id = `item-${place}`;
    item.title = names[row]!;
    item.setAttribute('aria-label', [names[row], label, notes.isMarked(row) ? 'duplicate' : ''].filter(Boolean).join(', '));
    item.setAttribute('aria-posinset', `${place + 1}`);
    item.setAttribute('aria-setsize', `${rows.length}`);
    item.setAttribute('aria-selected', `${place === at}`);
    item.classList.toggle('marked', notes.isMarked(row));
    item.classList.toggle('labelled', label !== undefined);
    thumbnail(picture, content, row);
    const score = scores?.[row];
    text.textContent = label ?? (score === undefined ? names[row]!.slice(names[row]!.lastIndexOf('/') + 1) : score.toFixed(3));
  }

  function draw(): void {
    const { columns, tile, line } = layout();
    sizer.style.height = `${Math.max(0, Math.ceil(rows.length / columns) * line - gap)}px`;
    const first = Math.max(0, Math.floor(scroller.scrollTop / line) - 2) * columns;
    const end = Math.min(rows.length, (Math.ceil((scroller.scrollTop + scroller.clientHeight) / line) + 2) * columns);
    for (const [place, item] of shown) {
      if (place >= first && place < end) continue;
      shown.delete(place);
      item.hidden = true;
      item.removeAttribute('id');
      spare.push(item);
    }
    for (let place = first; place < end; place++) {
      let item = shown.get(place);
      if (item === undefined) {
        item = spare.pop() ?? make();
        item.hidden = false;
        shown.set(place, item);
        fill(item, place);
      }
      item.style.transform = `translate(${(place % columns) * (tile + gap)}px, ${Math.floor(place / columns) * line}px)`;
      item.style.width = `${tile}px`;
    }
    scroller.setAttribute('aria-activedescendant', `item-${at}`);
  }

  function to(place: number, scroll = true): void {
    const before = at;
    at = Math.min(rows.length - 1, Math.max(0, place));
    if (rows.length === 0) return;
    const { columns, line } = layout();
    const top = Math.floor(at / columns) * line;
    if (scroll && top < scroller.scrollTop) scroller.scrollTop = top;
    if (scroll && top + line > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = top + line - scroller.clientHeight;
    draw();
    shown.get(before)?.setAttribute('aria-selected', 'false');
    shown.get(at)?.setAttribute('aria-selected', 'true');
    onCurrent(rows[at]!);
  }

  scroller.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || rows.length === 0) return;
    const { columns, line } = layout();
    const page = Math.max(1, Math.floor(scroller.clientHeight / line)) * columns;
    const steps: Readonly<Record<string, number>> = {
      ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity,
    };
    const step = steps[event.key];
    if (step !== undefined) {
      // at the ends, up and down stay in their column
      if (Math.abs(step) !== columns || columns === 1 || (at + step >= 0 && at + step < rows.length)) to(at + step);
    } else if (event.key === 'Enter' || event.key === ' ') onOpen(rows[at]!);
    else if (!onKey(event.key)) return;
    event.preventDefault();
  });
  let waiting = false;
  scroller.addEventListener('scroll', () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      draw();
    });
  }, { passive: true });
  new ResizeObserver(() => draw()).observe(scroller);

  const refresh = (): void => shown.forEach((item, place) => fill(item, place));
  return {
    show(wanted, found) {
      [rows, scores] = [wanted, found];
      at = 0;
      for (const [place, item] of shown) {
        shown.delete(place);
        item.hidden = true;
        item.removeAttribute('id');
        spare.push(item);
      }
      draw();
    },
    refresh,
    toTop() {
      scroller.scrollTop = 0;
      draw();
    },
    first: () => rows[0],
  };
}
