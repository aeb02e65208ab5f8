/** A person's labels and marks, stored by the browser until they are saved as a file. */

export interface Notes {
  /** Labels by row, in the order in which they were given. */
  labels(): ReadonlyMap<number, string>;
  /** The labels in use, in the order in which they were first given. */
  classes(): readonly string[];
  marked(): readonly number[];
  isMarked(row: number): boolean;
  /** Sets or removes a label. */
  label(row: number, name: string | undefined): void;
  /** Marks an image as a duplicate, or removes the mark. */
  mark(row: number): void;
  /** Saves labels.csv: name, label, duplicate. */
  save(): void;
}

/** @param key The key under which the browser stores them. */
export function notesOf(key: string, names: readonly string[]): Notes {
  const kept = read(key);
  const labels = new Map<number, string>(kept.labels.filter(([row]) => row < names.length));
  const marked = new Set<number>(kept.marked.filter((row) => row < names.length));
  const keep = (): void => {
    try {
      localStorage.setItem(key, JSON.stringify({ labels: [...labels], marked: [...marked] }));
    } catch {
      // the browser stores nothing: the notes last as long as the page is open
    }
  };
  return {
    labels: () => labels,
    classes: () => [...new Set(labels.values())],
    marked: () => [...marked],
    isMarked: (row) => marked.has(row),
    label(row, name) {
      if (name === undefined) labels.delete(row);
      else labels.set(row, name);
      keep();
    },
    mark(row) {
      if (!marked.delete(row)) marked.add(row);
      keep();
    },
    save() {
      const rows = [...new Set([...labels.keys(), ...marked])].sort((a, b) => a - b);
      const lines = rows.map((row) => [names[row]!, labels.get(row) ?? '', marked.has(row) ? 'yes' : ''].map(cell).join(','));
      const link = document.createElement('a');
      link.href = URL.createObjectURL(new Blob([['name,label,duplicate', ...lines, ''].join('\n')], { type: 'text/csv' }));
      link.download = 'labels.csv';
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    },
  };
}

/** A CSV cell as defined by RFC 4180. */
const cell = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

function read(key: string): { labels: [number, string][]; marked: number[] } {
  try {
    const { labels = [], marked = [] } = JSON.parse(localStorage.getItem(key) ?? '{}') as Partial<ReturnType<typeof read>>;
    return { labels, marked };
  } catch {
    return { labels: [], marked: [] };
  }
}
