/** A sheet of images in a page. */
import { ArgumentError } from '@kindred/core';
import type { ImageSheet } from './report-data.js';

/** @throws ArgumentError for a sheet that is not an image as a data URL; `where` names it */
export function checkSheet(where: string, { url }: ImageSheet): void {
  if (/^data:image\/(?:webp|png|jpeg);base64,[A-Za-z0-9+/]+=*$/.test(url)) return;
  throw new ArgumentError(`${where}.url`, 'the data of a webp, png or jpeg in base64', url.slice(0, 40));
}

/** The rule of the elements that show an image of the sheet: its data once, however many elements there are. */
export function sheetRule(className: string, { url, tile: [width, height], columns, count }: ImageSheet): string {
  const [c, r, w, h] = [columns, Math.max(1, Math.ceil(count / columns)), width, height].map(Number);
  return `.${className}{--sheet:url(${url});--columns:${c};--rows:${r};aspect-ratio:${w}/${h}}`;
}
