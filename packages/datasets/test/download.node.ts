import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { random } from '@kindred/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { download, type DownloadOptions, type DownloadProgress } from '../src/node/download.js';
import { refusal, temporaryFolder } from './folder.js';

const top = temporaryFolder();
const drawn = random(9);
const content = Buffer.from(Uint8Array.from({ length: 300_000 }, () => drawn.integer(256)));
const md5 = createHash('md5').update(content).digest('hex');

let server: Server;
let handler: (request: IncomingMessage, response: ServerResponse) => void;
let requests: (string | undefined)[];
let options: DownloadOptions;
let count = 0;

beforeEach(async () => {
  requests = [];
  handler = serve;
  server = createServer((request, response) => {
    requests.push(request.headers.range);
    handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  options = {
    where: 'data',
    address: `http://127.0.0.1:${port}/file.bin`,
    file: join(top, String(count++), 'file.bin'),
    md5,
    remedy: 'Get it elsewhere.',
  };
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** What a static server does, up to byte `end`, where the connection breaks. */
function serve(request: IncomingMessage, response: ServerResponse, end = content.length, bytes = content): void {
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  if (start >= bytes.length) {
    response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
    return;
  }
  response.writeHead(start > 0 ? 206 : 200, {
    'content-length': bytes.length - start,
    ...(start > 0 && { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` }),
  });
  if (end >= bytes.length) response.end(bytes.subarray(start));
  else response.write(bytes.subarray(start, end), () => setTimeout(() => response.destroy(), 30));
}
const message = async (): Promise<string> =>
  (await refusal(download(options), top)).replace(/:\d+\/file/, ':<port>/file').replace(/<folder>\/\d+/, '<folder>');
/** Whether the file is there, byte for byte; `toEqual` takes seconds for as many. */
const arrived = async (): Promise<boolean> => (await readFile(options.file)).equals(content);
const part = (): string => `${options.file}.part`;

describe('download', () => {
  test('puts the file in place, tells how far it is, and leaves nothing beside it', async () => {
    const told: DownloadProgress[] = [];
    await download({ ...options, onProgress: (progress) => told.push(progress) });
    expect(await arrived()).toBe(true);
    expect(await readdir(join(options.file, '..'))).toEqual(['file.bin']);
    expect(told.at(-1)).toEqual({ file: 'file.bin', received: 300_000, total: 300_000 });
    expect(told.map(({ received }) => received)).toEqual([...told.map(({ received }) => received)].sort((a, b) => a - b));
  });

  test('a connection that breaks is taken up where it broke', async () => {
    handler = (request, response) => serve(request, response, requests.length === 1 ? 100_000 : content.length);
    await download(options);
    expect(await arrived()).toBe(true);
    expect(requests).toEqual([undefined, 'bytes=100000-']);
  });

  test('a program that was stopped is, too', async () => {
    handler = (request, response) => serve(request, response, 50_000);
    await expect(download({ ...options, retries: 0 })).rejects.toMatchObject({ name: 'DataError' });
    expect(existsSync(options.file)).toBe(false);
    expect((await readFile(part())).length).toBe(50_000);
    handler = serve;
    await download(options);
    expect(await arrived()).toBe(true);
    expect(requests).toEqual([undefined, 'bytes=50000-']);
  });

  test('a server that knows no ranges is read from the start', async () => {
    await mkdir(join(options.file, '..'), { recursive: true });
    await writeFile(part(), content.subarray(0, 1000));
    handler = (_, response) => response.end(content);
    await download(options);
    expect(requests).toEqual(['bytes=1000-']);
    expect(await arrived()).toBe(true);

    await writeFile(part(), Buffer.alloc(400_000));
    await download(options);
    expect(await arrived()).toBe(true);
  });

  test('what is already whole is only checked', async () => {
    await mkdir(join(options.file, '..'), { recursive: true });
    await writeFile(part(), content);
    await download(options);
    expect(await arrived()).toBe(true);
  });

  test('a leftover that is longer than the file is thrown away', async () => {
    await mkdir(join(options.file, '..'), { recursive: true });
    await writeFile(part(), Buffer.alloc(400_000));
    await download(options);
    expect(await arrived()).toBe(true);
  });

  test('two programs at once do each other no harm', async () => {
    await Promise.all([1, 2, 3].map(() => download(options)));
    expect(await arrived()).toBe(true);
  });

  test('bytes of another checksum are deleted, and never take the place of the file', async () => {
    handler = (request, response) => serve(request, response, undefined, Buffer.alloc(300_000));
    expect(await message()).toMatchInlineSnapshot(`"DataError: data: http://127.0.0.1:<port>/file.bin gave a file of MD5 4a21de7a58fb8ecb9a1b1f08a3068269, expected 89fd7bebc7981fcb08a81b704c4063a8. It was deleted. Get it elsewhere."`);
    expect(await readdir(join(options.file, '..'))).toEqual([]);
  });

  test('a refusal is not tried again, an error of the server is', async () => {
    handler = (_, response) => response.writeHead(403).end();
    expect(await message()).toMatchInlineSnapshot(`"DataError: data: http://127.0.0.1:<port>/file.bin answered 403 Forbidden. Get it elsewhere."`);
    expect(requests.length).toBe(1);
    handler = (_, response) => response.writeHead(503).end();
    expect(await message()).toMatchInlineSnapshot(`"DataError: data: http://127.0.0.1:<port>/file.bin cannot be reached (status 503). Get it elsewhere."`);
    expect(requests.length).toBe(1 + 4);
  });

  test('a connection that goes silent counts as broken', async () => {
    options = { ...options, patience: 0.1, retries: 0 };
    handler = (_, response) => void response.writeHead(200, { 'content-length': 300_000 }).write('x');
    expect(await message()).toMatchInlineSnapshot(`"DataError: data: http://127.0.0.1:<port>/file.bin cannot be reached (nothing received for 0.1 s). Get it elsewhere."`);
  });

  test('says where it cannot write', async () => {
    await writeFile(join(top, 'a-file'), 'x');
    options = { ...options, file: join(top, 'a-file', 'file.bin') };
    expect(await message()).toMatchInlineSnapshot(`"DataError: data: <folder>/a-file cannot be written. Get it elsewhere."`);
  });
});
