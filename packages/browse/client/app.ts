/** The page's script: handles input and updates what is shown. */
import { followTheme } from '../../report/client/theme-switch.js'; // imported by path: it is bundled, so the package needs no dependency
import { cardOf } from './card.js';
import { loadContent } from './content.js';
import { fewShot } from './few-shot.js';
import { gridOf } from './grid.js';
import { notesOf } from './notes.js';
import { mapOf } from './map.js';
import { byScore, searchOf } from './search.js';
import { byData } from './dom.js';
import type * as Encoder from './encoder.js';

const status = byData('status');
try {
  await start();
} catch (error) {
  status.textContent = `The page could not be opened: ${error instanceof Error ? error.message : String(error)}`;
}

async function start(): Promise<void> {
  const content = await loadContent();
  const { data } = content;
  const count = data.names.length;
  document.title = `${data.title} · Kindred`;
  byData('title').textContent = data.title;
  byData('facts').textContent = `${count.toLocaleString('en')} images, ${data.dimension} numbers each`;

  const search = searchOf(content);
  const notes = notesOf(`kindred:${data.title}:${count}:${data.created}`, data.names);
  const grid = gridOf(content, notes, { onCurrent: (row) => choose(row), onOpen: (row) => walk(row), onKey });
  const card = cardOf(content, notes, search, { onOpen: (row) => walk(row) });
  const map = mapOf(content, (row) => walk(row));
  let current = 0;

  const orders = byData<HTMLSelectElement>('order');
  const filter = byData<HTMLInputElement>('filter');
  /** The query of the last search, if any: the embedding of a dropped image, or a row. */
  let query: Float32Array | undefined;
  let queryName = '';

  function fillOrders(): void {
    const before = orders.value;
    const classes = notes.classes();
    const options = [
      ['name', 'as in the folder'],
      ...(query === undefined ? [] : [['query', `nearest to ${queryName}`]]),
      ...classes.map((name) => [`class:${name}`, `likely ${name} first`]),
      ...(classes.length > 1 ? [['unsure', 'least sure first']] : []),
      ...(notes.marked().length > 0 ? [['marked', 'marked ones first']] : []),
    ];
    orders.replaceChildren(...options.map(([value, text]) => new Option(text, value)));
    orders.value = options.some(([value]) => value === before) ? before : 'name';
  }

  function show(): void {
    const order = orders.value;
    let rows: Int32Array = Int32Array.from({ length: count }, (_, row) => row);
    let scores: Float32Array | undefined;
    if (order === 'query' && query !== undefined) scores = search.similarities(query);
    else if (order === 'marked') scores = Float32Array.from(rows, (row) => Number(notes.isMarked(row)));
    else if (order === 'unsure') scores = fewShot(content, search, notes.labels()).unsure;
    else if (order.startsWith('class:')) scores = fewShot(content, search, notes.labels()).shares.get(order.slice(6));
    if (scores !== undefined) rows = byScore(scores);
    const text = filter.value.trim().toLowerCase();
    if (text !== '') rows = rows.filter((row) => data.names[row]!.toLowerCase().includes(text));
    grid.show(rows, order === 'name' ? undefined : scores);
    map.highlight(text === '' ? undefined : rows);
    status.textContent = rows.length === count ? '' : rows.length === 0 ? `No name contains ${filter.value.trim()}` : `${rows.length.toLocaleString('en')} images`;
  }

  /** Shows an image beside its neighbours. */
  function choose(row: number): void {
    current = row;
    card.show(row);
    map.choose(row);
  }

  /** Goes to an image and sorts the grid by similarity to it. */
  function walk(row: number): void {
    query = search.rowOf(row);
    queryName = data.names[row]!;
    fillOrders();
    orders.value = 'query';
    filter.value = '';
    show();
    grid.toTop();
    choose(row);
  }

  function label(name: string | undefined): void {
    notes.label(current, name);
    changed();
  }
  function mark(): void {
    notes.mark(current);
    changed();
  }
  /** Redraws what depends on the labels after they have changed. The order stays until it is chosen again. */
  function changed(): void {
    fillOrders();
    showClasses();
    grid.refresh();
    card.show(current);
  }
  function showClasses(): void {
    const chips = notes.classes().map((name, i) => {
      const chip = document.createElement('button');
      chip.type = 'button';
      chip.className = 'chip';
      chip.textContent = `${i < 9 ? `${i + 1} ` : ''}${name} (${[...notes.labels().values()].filter((other) => other === name).length})`;
      chip.title = `Label the chosen image ${name}${i < 9 ? `: key ${i + 1}` : ''}`;
      chip.addEventListener('click', () => label(name));
      return chip;
    });
    byData('classes').replaceChildren(...chips);
  }

  function onKey(key: string): boolean {
    if (key === 'd' || key === 'D') mark();
    else if (/^[1-9]$/.test(key)) {
      const name = notes.classes()[Number(key) - 1];
      if (name === undefined) return false;
      label(name);
    } else if (key === 'Delete' || key === 'Backspace' || key === '0') label(undefined);
    else return false;
    return true;
  }

  orders.addEventListener('change', () => {
    show();
    grid.toTop();
  });
  filter.addEventListener('input', () => {
    show();
    grid.toTop();
  });
  byData<HTMLFormElement>('label-form').addEventListener('submit', (event) => {
    event.preventDefault();
    const name = byData<HTMLInputElement>('label').value.trim();
    if (name !== '') label(name);
  });
  byData('mark').addEventListener('click', mark);
  byData('save').addEventListener('click', () => notes.save());

  const file = byData<HTMLInputElement>('file');
  if (data.encoder === undefined) byData('drop').hidden = true;
  else {
    const input = data.encoder;
    const searchBy = async (image: Blob, name: string): Promise<void> => {
      status.textContent = `Looking at ${name} …`;
      try {
        const { embed } = (await import(new URL('encoder.js', document.baseURI).href)) as typeof Encoder;
        query = await embed(image, input);
        queryName = name;
        fillOrders();
        orders.value = 'query';
        filter.value = '';
        show();
        grid.toTop();
        choose(grid.first() ?? current);
        status.textContent = `Nearest to ${name}`;
      } catch (error) {
        status.textContent = `${name}: ${error instanceof Error ? error.message : String(error)}`;
      }
    };
    file.addEventListener('change', () => {
      const [chosen] = file.files ?? [];
      if (chosen !== undefined) void searchBy(chosen, chosen.name);
      file.value = '';
    });
    addEventListener('dragover', (event) => {
      event.preventDefault();
      document.body.classList.add('dropping');
    });
    addEventListener('dragleave', (event) => event.relatedTarget === null && document.body.classList.remove('dropping'));
    addEventListener('drop', (event) => {
      event.preventDefault();
      document.body.classList.remove('dropping');
      const [chosen] = event.dataTransfer?.files ?? [];
      if (chosen !== undefined) void searchBy(chosen, chosen.name);
    });
    addEventListener('paste', (event) => {
      const [chosen] = event.clipboardData?.files ?? [];
      if (chosen !== undefined) void searchBy(chosen, 'the pasted image');
    });
  }
  followTheme(() => map.draw());
  fillOrders();
  showClasses();
  show();
  choose(0);
}
