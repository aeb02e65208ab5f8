/** The synthetic files behind golden/binary-formats.json, and a server for archives of such. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll } from 'vitest';

/** The formula of binary-formats.py. */
export function source(size: number, seed: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (i * 7919 + (i >> 5) * 104_729 + (i % 251) * 13 * seed + seed) % 256);
}

export const md5Of = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex');

/** The files of an STL-10 folder: 3 images to train, 2 to test, 2 without labels. */
export function stl10Files(): Record<string, Uint8Array> {
  return {
    'train_X.bin': source(3 * 27_648, 1),
    'train_y.bin': Uint8Array.of(1, 10, 4),
    'test_X.bin': source(2 * 27_648, 4),
    'test_y.bin': Uint8Array.of(2, 3),
    'unlabeled_X.bin': source(2 * 27_648, 2),
  };
}

/** The files of a CIFAR-100 folder: 3 images to train, 1 to test. */
export function cifar100Files(): Record<string, Uint8Array | string> {
  const train = source(3 * 3074, 3);
  [[19, 99], [0, 0], [7, 42]].forEach((labels, record) => train.set(labels, record * 3074));
  const test = source(3074, 5);
  test.set([1, 2]);
  const names = (kind: string, size: number): string => Array.from({ length: size }, (_, i) => `${kind}_${i}\n`).join('') + '\n';
  return { 'train.bin': train, 'test.bin': test, 'fine_label_names.txt': names('fine', 100), 'coarse_label_names.txt': names('coarse', 20) };
}

export interface ArchiveServer {
  readonly address: string;
  /** The `range` of every request so far. */
  readonly ranges: (string | undefined)[];
  /** What is served, and how. */
  content: Uint8Array;
  /** Where the next connection breaks, once. */
  breakAt: number | undefined;
  knowsRanges: boolean;
}

/** A server of one file on this machine. */
export async function archiveServer(): Promise<ArchiveServer> {
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const { content, breakAt, knowsRanges } = state;
    state.ranges.push(request.headers.range);
    const start = knowsRanges ? Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0) : 0;
    response.writeHead(start > 0 ? 206 : 200, {
      'content-length': content.length - start,
      ...(start > 0 && { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` }),
    });
    state.breakAt = undefined;
    if (breakAt === undefined) response.end(content.subarray(start));
    else response.write(content.subarray(start, breakAt), () => setTimeout(() => response.destroy(), 30));
  };
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/archive.tar.gz`;
  const state: ArchiveServer = { address, ranges: [], content: new Uint8Array(0), breakAt: undefined, knowsRanges: true };
  return state;
}
