/** Reads the page's files. */
import type { PageData } from '../src/page-data.js';

/** The content of the page. */
export interface Content {
  readonly data: PageData;
  /** `[N, D]` */
  readonly embeddings: Int8Array;
  /** `[N, 2]` in 0..1 */
  readonly map: Float32Array | undefined;
}

async function read(name: string): Promise<ArrayBuffer> {
  const response = await fetch(name);
  if (!response.ok) throw new Error(`${name} cannot be read (${response.status})`);
  return response.arrayBuffer();
}

/** Reads everything but the thumbnails and the encoder, which are loaded when they are needed. */
export async function loadContent(): Promise<Content> {
  const [text, numbers] = await Promise.all([read('data.json'), read('embeddings.i8')]);
  const data = JSON.parse(new TextDecoder().decode(text)) as PageData;
  const embeddings = new Int8Array(numbers);
  if (embeddings.length !== data.names.length * data.dimension) throw new Error('embeddings.i8 is of other images than data.json');
  return { data, embeddings, map: data.map === undefined ? undefined : new Float32Array(await read('map.f32')) };
}

/** Sets an element's background to the thumbnail of a row. */
export function thumbnail(element: HTMLElement, { data: { sheets, names } }: Content, row: number): void {
  const { columns, perSheet } = sheets;
  const sheet = Math.floor(row / perSheet);
  const at = row % perSheet;
  const onSheet = Math.min(perSheet, names.length - sheet * perSheet);
  const across = Math.min(columns, perSheet);
  const down = Math.ceil(onSheet / across);
  element.style.backgroundImage = `url("sheets/${sheet}.webp")`;
  element.style.backgroundSize = `${across * 100}% ${down * 100}%`;
  element.style.backgroundPosition = `${((at % across) / Math.max(1, across - 1)) * 100}% ${(Math.floor(at / across) / Math.max(1, down - 1)) * 100}%`;
}
