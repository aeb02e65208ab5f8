/** The code of the tutorial `page-in-a-browser.md`, bundled as a page would be, in a browser. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { imageInput } from '@kindred/augmentations';
import { smallResNet } from '@kindred/backbones';
import { type EncoderInput, random } from '@kindred/core';
import { writeTfjs } from '@kindred/export/node';
import * as tf from '@tensorflow/tfjs-core';
import { type Browser, chromium } from 'playwright';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const root = join(import.meta.dirname, '..');

/** Another encoder than the tutorial's, to be sure that the page's comes from its server. */
const input: EncoderInput = { size: [24, 24], channels: 3, interpolation: 'bilinear', fit: 'cover', cropShare: 0.9, mean: [0.5, 0.4, 0.3], deviation: [0.25, 0.3, 0.2] };
const encoder = smallResNet({ stem: { channels: 4, kernel: 3 }, widths: [8], blocks: [1], channels: 3, random: random(3) });

/** A picture in which rows, columns and colours can be told apart. */
const [height, width] = [48, 40];
const picture = Uint8Array.from({ length: height * width * 3 }, (_, at) => {
  const [y, x, c] = [Math.floor(at / (3 * width)), Math.floor(at / 3) % width, at % 3];
  return (y * [3, 1, 0][c]! + x * [0, 2, 5][c]! + 40 * c) % 256;
});

/** The tutorial's code as it is in a page: the model comes from where its comment says, and what stands for `kindred export` is gone. */
function pageCode(): string {
  const text = readFileSync(join(root, 'docs/tutorials/page-in-a-browser.md'), 'utf8');
  const code = [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => match[1]!).find((block) => block.includes('loadGraphModel'))!;
  const parts: readonly [RegExp, string][] = [
    [/^\/\/ what the command exports.*?\n\n/ms, ''],
    [/tf\.loadGraphModel\(tf\.io\.fromMemory\(exported\)\); \/\/ in a page: (.*)$/m, '$1;'],
    [/^(.*); \/\/ => (.*)$/m, 'const answer = [...$1], expected = $2;'],
  ];
  let page = code;
  for (const [old, now] of parts) {
    expect(page).toMatch(old); // the tutorial has it
    page = page.replace(old, now);
  }
  // as the comment about pixels says
  expect(page).toContain('`Uint8Array.from(tf.browser.fromPixels(image).dataSync())`');
  const imports = page.lastIndexOf('import ');
  const body = page.indexOf('\n', imports) + 1;
  return `import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
${page.slice(0, body)}
setWasmPaths('/wasm/');
await tf.setBackend(location.hash.slice(1));
${page.slice(body)}
const image = new ImageData(${width}, ${height});
const bytes: number[] = ${JSON.stringify([...picture])};
for (let i = 0; i < image.data.length; i++) image.data[i] = i % 4 === 3 ? 255 : bytes[3 * (i >> 2) + (i % 4)]!;
const pixels = Uint8Array.from(tf.browser.fromPixels(image).dataSync());
Object.assign(globalThis, { found: { answer, expected, backend: tf.getBackend(), embedding: [...embedding(pixels, ${height}, ${width})] } });
`;
}

const types: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.json': 'application/json', '.wasm': 'application/wasm' };

describe.skipIf(!existsSync(executablePath))('in Chromium', () => {
  let folder: string;
  let server: Server;
  let browser: Browser;
  beforeAll(async () => {
    // within the repository, so that what the page imports is found
    const cache = join(root, 'node_modules/.cache');
    mkdirSync(cache, { recursive: true });
    folder = mkdtempSync(join(cache, 'kindred-page-'));
    writeFileSync(join(folder, 'page.ts'), pageCode());
    writeFileSync(join(folder, 'index.html'), '<!doctype html><title>page</title><script type="module" src="./page.ts"></script>');
    await build({ configFile: false, root: folder, logLevel: 'error', resolve: { conditions: ['@kindred/source', 'browser', 'import', 'module', 'default'] }, build: { target: 'esnext', minify: false } });
    await writeTfjs(join(folder, 'dist/model'), { encoder, input });
    server = createServer((request, response) => {
      const path = normalize(new URL(request.url!, 'http://x').pathname);
      const file = path.startsWith('/wasm/') ? join(root, 'node_modules/@tensorflow/tfjs-backend-wasm/dist', path.slice(6)) : join(folder, 'dist', path === '/' ? 'index.html' : path);
      if (!existsSync(file)) return void response.writeHead(404).end();
      response.writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream' }).end(readFileSync(file));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-quic', '--no-first-run', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist'] });
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    server?.close();
    if (folder !== undefined) rmSync(folder, { recursive: true });
  });

  test.each(['cpu', 'wasm', 'webgl'])('the encoder in the page embeds as the library does, on %s', { timeout: 60_000 }, async (backend) => {
    const page = await browser.newPage();
    const said: string[] = [];
    page.on('pageerror', (error) => said.push(error.message));
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/#${backend}`);
    const found = (await page.waitForFunction(() => (globalThis as { found?: unknown }).found).then((handle) => handle.jsonValue(), (error: Error) => [error.message, ...said])) as {
      readonly answer: number[];
      readonly expected: number[];
      readonly backend: string;
      readonly embedding: number[];
    };
    expect(found).toMatchObject({ answer: found.expected, backend });
    const own = tf.tidy(() => encoder.apply(imageInput(input)({ pixels: picture, shape: [1, height, width, 3] }), 'eval').dataSync());
    expect(found.embedding.length).toBe(encoder.dimension);
    // within 1e-4: float32 on another engine
    own.forEach((value, i) => expect(Math.abs(value - found.embedding[i]!), `number ${i}`).toBeLessThan(1e-4));
    expect(Math.max(...own)).toBeGreaterThan(0.1);
    await page.close();
  });
});
