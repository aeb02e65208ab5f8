/** Writes what was found: a table for programs, a page for people. */
import { isAbsolute, join } from 'node:path';
import { ArgumentError, DataError } from '@kindred/core';
import { writeFilesAtomic } from '@kindred/core/node';
import { galleryPage } from '@kindred/report';
import papaparse from 'papaparse';
import packageJson from '../../package.json' with { type: 'json' };
import type { Curation } from './curation.js';
import type { NamedFeatures } from './named-features.js';
import { thumbnailSheet } from './thumbnails.js';

export interface WriteCurationOptions {
  /** `.csv` or `.json`. */
  readonly out?: string | undefined;
  /** `.html` */
  readonly page?: string | undefined;
  /** The folder that names are relative to. */
  readonly folder?: string | undefined;
  /** Pixels of a side of a thumbnail. Default: 64. */
  readonly thumbnail?: number;
}

/**
 * Checks where results would go, before anything is computed.
 *
 * @throws ArgumentError for a suffix that is not understood, and for nothing to write.
 *
 * @example
 * checkCurationOutputs({ out: 'found.csv' }); // nothing happens
 */
export function checkCurationOutputs({ out, page }: WriteCurationOptions): void {
  if (out === undefined && page === undefined) throw new ArgumentError('out', 'a file to write, --out or --page', undefined, 'For instance --out found.csv --page found.html.');
  if (out !== undefined && !/\.(?:csv|json)$/i.test(out)) throw new ArgumentError('out', 'a name that ends in .csv or .json', out);
  if (page !== undefined && !/\.html?$/i.test(page)) throw new ArgumentError('page', 'a name that ends in .html', page);
}

/**
 * Writes records as CSV or JSON by the file's suffix, and a page of thumbnails: whole, both or neither.
 *
 * @returns The names of images on the page whose files cannot be read.
 * @throws ArgumentError, DataError
 *
 * @example
 * writeCuration instanceof Function; // => true
 */
export async function writeCuration(curation: Curation, { names }: Pick<NamedFeatures, 'names'>, options: WriteCurationOptions): Promise<{ readonly unreadable: readonly string[] }> {
  checkCurationOutputs(options);
  const { out, page, folder, thumbnail = 64 } = options;
  let content: string | undefined;
  let unreadable: readonly string[] = [];
  if (page !== undefined) {
    const rows = [...new Set(curation.groups.flatMap(({ images }) => images.map(({ row }) => row)))];
    const place = new Map(rows.map((row, i) => [row, i]));
    const sheet = await thumbnailSheet(rows.map((row) => fileOf(names[row]!, folder)), thumbnail);
    const gone = new Set(sheet.unreadable);
    unreadable = sheet.unreadable.map((i) => names[rows[i]!]!);
    if (rows.length > 0 && gone.size === rows.length) {
      throw new DataError('page', `none of the ${rows.length} images can be read, ${fileOf(names[rows[0]!]!, folder)} among them.`, 'Name the folder that they are in with --images.');
    }
    content = galleryPage({
      title: curation.title,
      lead: curation.summary,
      created: new Date().toISOString(),
      version: packageJson.version,
      groups: curation.groups.map(({ title, note, images }) => ({
        title,
        ...(note !== undefined && { note }),
        images: images.map(({ row, note: below }) => ({ tile: gone.has(place.get(row)!) ? undefined : place.get(row)!, name: names[row]!, note: below })),
      })),
      sheet: { url: `data:image/webp;base64,${sheet.content.toString('base64')}`, tile: [thumbnail, thumbnail], columns: sheet.columns, count: Math.max(1, rows.length) },
    });
  }
  await writeFilesAtomic({ ...(out !== undefined && { [out]: table(curation, out) }), ...(page !== undefined && { [page]: content! }) });
  return { unreadable };
}

const fileOf = (name: string, folder: string | undefined): string => (folder === undefined || isAbsolute(name) ? name : join(folder, name));

function table({ records, title, summary }: Curation, out: string): string {
  if (/\.json$/i.test(out)) return `${JSON.stringify({ title, summary, images: records }, undefined, 1)}\n`;
  return `${papaparse.unparse([...records], { newline: '\n' })}\n`;
}
