/** Tiles and their headings as one PNG. */
import sharp from 'sharp';
import type { Tile } from './preview-tiles.js';

/** A row of a sheet: what it is, the image, and its views in groups of draws. */
export interface SheetRow {
  readonly label: string;
  readonly original: Tile;
  readonly groups: readonly (readonly Tile[])[];
}

/** The headings of the columns. */
export interface SheetText {
  readonly title: string;
  /** One for each group. */
  readonly headings: readonly string[];
}

const [gap, margin, line] = [4, 10, 20];
const background = { r: 255, g: 255, b: 255 };

/** Lays tiles out, the longest side of the largest view of a row `tile` pixels long; smaller views keep their share. */
export async function drawSheet(rows: readonly SheetRow[], { title, headings }: SheetText, tile: number): Promise<{ png: Buffer; width: number; height: number }> {
  // the widths of letters are not known here: 7 pixels at a size of 12 fit any
  const labels = Math.max(...rows.map(({ label }) => label.length)) * 7 + gap;
  const left = margin + labels;
  const top = margin + 2 * line;
  const widest = rows.reduce((most, { groups }) => (groups.flat().length > most.flat().length ? groups : most), rows[0]!.groups);
  const columns = widest.flat().length;
  // views of one sheet stand apart where their draws do: where rows differ in their groups, they cannot
  const apart = rows.every(({ groups }) => groups.map((group) => group.length).join() === widest.map((group) => group.length).join());
  const groupOf = widest.flatMap((group, i) => group.map(() => i));
  const placeOf = (column: number): number => left + tile + 3 * gap + column * (tile + gap) + (apart ? 2 * gap * (groupOf[column] ?? 0) : 0);
  const height = top + rows.length * (tile + gap) - gap + margin;
  const width = Math.max(placeOf(columns - 1) + tile + margin, margin + title.length * 8);
  const canvas = Buffer.alloc(width * height * 3, 255);

  const texts: string[] = [text(margin, margin + 13, title, 14, 600)];
  texts.push(text(left, margin + line + 14, 'original'));
  let column = 0;
  for (const [i, group] of widest.entries()) {
    const room = group.length * (tile + gap);
    // a heading that is too long for its columns is set smaller
    if (headings[i] !== undefined) texts.push(text(placeOf(column), margin + line + 14, headings[i], Math.min(12, (12 * room) / (headings[i].length * 7))));
    column += group.length;
  }
  for (const [i, { label, original, groups }] of rows.entries()) {
    const y = top + i * (tile + gap);
    texts.push(text(margin, y + tile / 2 + 4, label));
    await put(canvas, width, original, { x: left, y, side: tile, scale: tile / Math.max(original.height, original.width) });
    const views = groups.flat();
    const scale = tile / Math.max(...views.flatMap((view) => [view.height, view.width]));
    for (const [k, view] of views.entries()) await put(canvas, width, view, { x: placeOf(k), y, side: tile, scale });
  }

  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" fill="#222">${texts.join('')}</svg>`;
  const png = await sharp(canvas, { raw: { width, height, channels: 3 } })
    .composite([{ input: Buffer.from(svg) }])
    .flatten({ background })
    .png({ compressionLevel: 9, adaptiveFiltering: true })
    .toBuffer();
  return { png, width, height };
}

/** Puts a tile into the middle of a square. */
async function put(
  canvas: Buffer,
  across: number,
  { bytes, height, width }: Tile,
  { x, y, side, scale }: { readonly x: number; readonly y: number; readonly side: number; readonly scale: number },
): Promise<void> {
  const [h, w] = [Math.max(1, Math.round(height * scale)), Math.max(1, Math.round(width * scale))];
  // small images are enlarged without smoothing, so that their pixels can be seen
  const kernel = scale > 1 ? 'nearest' : 'lanczos3';
  const pixels = await sharp(bytes, { raw: { width, height, channels: 3 } }).resize(w, h, { fit: 'fill', kernel }).raw().toBuffer();
  const [row, start] = [y + Math.floor((side - h) / 2), x + Math.floor((side - w) / 2)];
  for (let i = 0; i < h; i++) pixels.copy(canvas, ((row + i) * across + start) * 3, i * w * 3, (i + 1) * w * 3);
}

function text(x: number, y: number, content: string, size = 12, weight = 400): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `<text x="${x}" y="${y}" font-size="${size}" font-weight="${weight}">${escaped}</text>`;
}
