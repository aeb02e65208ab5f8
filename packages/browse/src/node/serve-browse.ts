/** A small server for the page: serves the files of one folder, and full images by number. */
import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, resolve, sep } from 'node:path';
import { ArgumentError, DataError } from '@kindred/core';
import sirv from 'sirv';

export interface ServeBrowseOptions {
  /** The folder that the result of `browseFiles` was written to. */
  readonly folder: string;
  /** Where the full images are; without it none are served. */
  readonly images?: { readonly folder: string; readonly names: readonly string[] } | undefined;
  /** 0 chooses a free port. */
  readonly port: number;
  /** Default: 127.0.0.1, which only this machine can reach. */
  readonly host?: string;
}

/** A running server. */
export interface BrowseServer {
  /** `http://127.0.0.1:4321/` */
  readonly url: string;
  close(): Promise<void>;
}

/** The image types that browsers can show. */
const types: Readonly<Record<string, string>> = {
  '.avif': 'image/avif', '.gif': 'image/gif', '.jfif': 'image/jpeg', '.jpe': 'image/jpeg', '.jpeg': 'image/jpeg', '.jpg': 'image/jpeg', '.png': 'image/png', '.webp': 'image/webp',
};

/**
 * Serves the page, read-only, and only the files that are in the folder when the server starts. Images are requested by number; an image whose
 * file is outside the images' folder, even through a link, is not served. On a loopback address the server only answers requests to loopback names, so
 * that no other site can reach it through a name that resolves to this machine.
 *
 * @throws DataError for a port that is in use or not allowed, or a folder that does not exist.
 *
 * @example
 * serveBrowse instanceof Function; // => true
 */
export async function serveBrowse({ folder, images, port, host = '127.0.0.1' }: ServeBrowseOptions): Promise<BrowseServer> {
  if (!(Number.isInteger(port) && port >= 0 && port <= 65_535)) throw new ArgumentError('serveBrowse.port', 'a whole number of 0..65535', port);
  if (!(await stat(folder).catch(() => undefined))?.isDirectory()) throw new DataError('serveBrowse', `${folder} is no folder.`, 'Write the page into it first.');
  const files = sirv(folder, { etag: true, dotfiles: false });
  const root = images && (await realpath(images.folder).catch(() => undefined));
  const local = isLoopback(host);
  const server = createServer((request, response) => {
    response.setHeader('x-content-type-options', 'nosniff');
    response.setHeader('cross-origin-resource-policy', 'same-origin');
    response.setHeader('referrer-policy', 'no-referrer');
    if (request.method !== 'GET' && request.method !== 'HEAD') return end(response, 405);
    if (local && !isLoopback(hostOf(request))) return end(response, 403);
    const [, row] = /^\/images\/(\d{1,9})$/.exec(request.url?.split('?')[0] ?? '') ?? [];
    if (row === undefined) return files(request, response, () => end(response, 404));
    imageAt(root, images?.names[Number(row)]).then(
      (file) => {
        const type = file && types[extname(file).toLowerCase()];
        if (file === undefined || type === undefined) return end(response, 404);
        response.setHeader('content-type', type);
        if (request.method === 'HEAD') return void response.end();
        createReadStream(file).on('error', () => response.destroy()).pipe(response);
      },
      () => end(response, 404),
    );
  });
  await new Promise<void>((done, failed) => {
    server.once('error', (error: NodeJS.ErrnoException) => failed(listenError(host, port, error)));
    server.listen(port, host, () => done());
  });
  const { port: used, family } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${host}]` : host}:${used}/`,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

/** The file of an image if it is inside the folder after links are resolved. */
async function imageAt(root: string | undefined, name: string | undefined): Promise<string | undefined> {
  if (root === undefined || name === undefined) return undefined;
  const file = await realpath(resolve(root, name));
  const below = file.startsWith(root.endsWith(sep) ? root : root + sep);
  return below && (await stat(file)).isFile() ? file : undefined;
}

function end(response: ServerResponse, status: number): void {
  response.statusCode = status;
  response.end();
}

/** The host name of a request, without the port. */
const hostOf = ({ headers }: IncomingMessage): string => (headers.host ?? '').replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);

function listenError(host: string, port: number, error: NodeJS.ErrnoException): DataError {
  const where = `${host}:${port}`;
  const cases: Readonly<Record<string, readonly [problem: string, remedy: string]>> = {
    EADDRINUSE: ['is in use by another program.', 'Stop that, or choose another port with --port; 0 takes any that is free.'],
    EACCES: ['may not be used by this account.', 'Choose a port above 1023 with --port.'],
    EADDRNOTAVAIL: ['is no address of this machine.', 'Leave --host out, or name an address of this machine.'],
    ENOTFOUND: ['is no address of this machine.', 'Leave --host out, or name an address of this machine.'],
  };
  const [problem, remedy] = cases[error.code ?? ''] ?? [`cannot be listened on (${error.code ?? error.message}).`, undefined];
  return new DataError(where, problem, remedy, error);
}
